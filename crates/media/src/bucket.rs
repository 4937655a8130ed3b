//! A budget that comes back with time.

/// So many at once, and one more after each while.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    left: u32,
    most: u32,
    /// Nanoseconds after which one comes back.
    every: u64,
    /// Up to when what came back is counted.
    counted: u64,
}

impl Bucket {
    /// Full.
    pub fn new(most: u32, every: u64) -> Self {
        Self { left: most, most, every: every.max(1), counted: 0 }
    }

    /// Takes one, if there is one.
    pub fn take(&mut self, now: u64) -> bool {
        let came_back = now.saturating_sub(self.counted) / self.every;
        if u64::from(self.left).saturating_add(came_back) >= u64::from(self.most) {
            (self.left, self.counted) = (self.most, now.max(self.counted));
        } else {
            self.left += came_back as u32;
            self.counted += came_back * self.every;
        }
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_comes_back_with_time_and_never_more() {
        let mut bucket = Bucket::new(3, 10);
        let take = |bucket: &mut Bucket, now| (0..9).filter(|_| bucket.take(now)).count();
        assert_eq!(take(&mut bucket, 1_000), 3);
        assert_eq!(take(&mut bucket, 1_009), 0);
        assert_eq!(take(&mut bucket, 1_010), 1);
        assert_eq!(take(&mut bucket, 1_035), 2, "and the half of the next one is not lost:");
        assert_eq!(take(&mut bucket, 1_040), 1);
        assert_eq!(take(&mut bucket, u64::MAX), 3);
        assert_eq!(take(&mut bucket, 5), 0, "a clock that goes back gives nothing");
    }
}
