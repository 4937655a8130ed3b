//! Two spellings side by side: which characters of one are not in the other (F49). A digit that was misheard stands out.

/// Characters that are compared; what comes after them is told as it is.
const CHARS_MAX: usize = 64;

/// How one text differs from what stands in the report.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize, utoipa::ToSchema)]
pub struct Differences {
    /// For each character of the text: it is not in the report.
    pub marked: Vec<bool>,
    /// So many characters of the report are not in the text.
    pub missing: usize,
}

/// How `text` differs from `reference`: hyphens, spaces and the like count for nothing. The longest common subsequence is what both
/// share.
pub fn differences(reference: &str, text: &str) -> Differences {
    let counts = |c: &char| c.is_alphanumeric();
    let of: Vec<char> = reference.chars().filter(counts).take(CHARS_MAX).collect();
    let these: Vec<char> = text.chars().filter(counts).take(CHARS_MAX).collect();
    let shared = shared(&of, &these);
    let common = shared.iter().filter(|shared| **shared).count();
    let mut shared = shared.into_iter();
    let marked = text.chars().map(|c| counts(&c) && shared.next().is_some_and(|shared| !shared)).collect();
    Differences { marked, missing: of.len() - common }
}

/// For each of `these`, whether it is part of the longest common subsequence.
fn shared(of: &[char], these: &[char]) -> Vec<bool> {
    // lengths[i][j]: of what is common after the first i and the first j.
    let mut lengths = vec![vec![0usize; these.len() + 1]; of.len() + 1];
    let at =
        |lengths: &[Vec<usize>], i: usize, j: usize| lengths.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0);
    for (i, one) in of.iter().enumerate().rev() {
        for (j, other) in these.iter().enumerate().rev() {
            let length = if one == other {
                at(&lengths, i + 1, j + 1) + 1
            } else {
                at(&lengths, i + 1, j).max(at(&lengths, i, j + 1))
            };
            if let Some(place) = lengths.get_mut(i).and_then(|row| row.get_mut(j)) {
                *place = length;
            }
        }
    }
    let (mut i, mut j, mut shared) = (0, 0, vec![false; these.len()]);
    while let (Some(one), Some(other)) = (of.get(i), these.get(j)) {
        if one == other {
            if let Some(place) = shared.get_mut(j) {
                *place = true;
            }
            (i, j) = (i + 1, j + 1);
        } else if at(&lengths, i + 1, j) >= at(&lengths, i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(reference: &str, text: &str) -> (String, usize) {
        let found = differences(reference, text);
        let shown = text.chars().zip(found.marked).map(|(c, marked)| if marked { '^' } else { c }).collect();
        (shown, found.missing)
    }

    #[test]
    fn f49_digits_that_differ_stand_out_whatever_the_hyphens() {
        assert_eq!(marked("03-1234-5678", "0312345678"), ("0312345678".into(), 0));
        assert_eq!(marked("03-1234-5678", "03-1234-5679"), ("03-1234-567^".into(), 1));
        assert_eq!(marked("090-1234-5678", "090-1234-567"), ("090-1234-567".into(), 1), "one is missing");
        assert_eq!(marked("090-1234-567", "090-1234-5678"), ("090-1234-567^".into(), 0), "one too many");
        let (exchanged, missing) = marked("03-1234-5678", "03-1243-5678");
        assert_eq!((exchanged.matches('^').count(), missing), (1, 1), "{exchanged}");
        assert_eq!(marked("", "高橋"), ("^^".into(), 0));
        assert_eq!(marked("高橋 様", "高梁様"), ("高^様".into(), 1));
    }

    #[test]
    fn f49_what_is_endless_is_compared_by_its_beginning() {
        let long = "1".repeat(10_000);
        assert_eq!(differences(&long, &long).marked.len(), 10_000);
    }
}
