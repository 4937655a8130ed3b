//! How far two numbers are apart, in slips of a finger or an ear: a digit wrong, missing, too many, or two exchanged.

/// Digits that are compared; what is longer is compared by its first ones.
const DIGITS_MAX: usize = 24;

/// Optimal string alignment (Damerau–Levenshtein without overlapping exchanges) of two texts of ASCII digits.
pub fn distance(one: &str, other: &str) -> usize {
    let one: Vec<u8> = one.bytes().take(DIGITS_MAX).collect();
    let other: Vec<u8> = other.bytes().take(DIGITS_MAX).collect();
    // Three rows of the table: the one before the last is what an exchange looks at.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, digit) in one.iter().enumerate() {
        let mut this = vec![row + 1];
        for (column, against) in other.iter().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX - 1);
            let changed = at(&last, column) + usize::from(digit != against);
            let mut best = changed.min(at(&last, column + 1) + 1).min(at(&this, column) + 1);
            let exchanged =
                row > 0 && column > 0 && one.get(row - 1) == Some(against) && other.get(column - 1) == Some(digit);
            if exchanged {
                best = best.min(at(&before, column - 1) + 1);
            }
            this.push(best);
        }
        before = std::mem::replace(&mut last, this);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn x06_one_slip_is_one() {
        assert_eq!(distance("09012345678", "09012345678"), 0);
        assert_eq!(distance("09012345678", "09012345679"), 1, "a digit wrong");
        assert_eq!(distance("09012345678", "0901234567"), 1, "one missing");
        assert_eq!(distance("09012345678", "090123455678"), 1, "one too many");
        assert_eq!(distance("09012345678", "09012354678"), 1, "two exchanged");
        assert_eq!(distance("", "123"), 3);
        assert_eq!(distance("09012345678", "0312345678"), 2);
    }

    proptest! {
        #[test]
        fn x06_a_distance_is_symmetric_and_nought_of_the_same(one in "[0-9]{0,15}", other in "[0-9]{0,15}") {
            prop_assert_eq!(distance(&one, &other), distance(&other, &one));
            prop_assert_eq!(distance(&one, &other) == 0, one == other);
            prop_assert!(distance(&one, &other) <= one.len().max(other.len()));
            prop_assert!(distance(&one, &other) >= one.len().abs_diff(other.len()));
        }
    }
}
