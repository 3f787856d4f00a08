//! The rate limit: a bucket that holds a burst and gets one more each interval.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::web::RateLimit;

/// What is left of the limit.
#[derive(Debug)]
pub(super) struct Bucket {
    limit: RateLimit,
    /// When the bucket would be full if nobody came: the further ahead, the less is in it.
    full: Instant,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(limit: RateLimit, now: Instant) -> Self {
        Self { limit, full: now }
    }

    pub(super) fn limit(&self) -> RateLimit {
        self.limit
    }

    /// Takes one out, if there is one.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let interval = self.limit.interval;
        let Some(more) = self.limit.burst.checked_sub(1) else {
            return false;
        };
        let room = interval.saturating_mul(more);
        let full = self.full.max(now);
        if full.saturating_duration_since(now) > room {
            return false;
        }
        // An interval beyond representable time lasts for ever.
        self.full = full
            .checked_add(interval)
            .unwrap_or_else(|| now + Duration::from_secs(u64::from(u32::MAX)));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(interval: Duration, burst: u32) -> (Bucket, Instant) {
        let now = Instant::now();
        (Bucket::new(RateLimit { interval, burst }, now), now)
    }

    #[test]
    fn a_burst_then_one_per_interval() {
        let second = Duration::from_secs(1);
        let (mut bucket, now) = bucket(second, 3);
        let taken: Vec<_> = (0..5).map(|_| bucket.take(now)).collect();
        assert_eq!(taken, [true, true, true, false, false]);
        assert!(!bucket.take(now + second / 2));
        assert!(bucket.take(now + second));
        assert!(!bucket.take(now + second));
        let rested = now + 60 * second;
        let taken: Vec<_> = (0..4).map(|_| bucket.take(rested)).collect();
        assert_eq!(
            taken,
            [true, true, true, false],
            "it holds no more than a burst"
        );
    }

    #[test]
    fn a_burst_of_nothing_refuses_everything() {
        let (mut bucket, now) = bucket(Duration::from_secs(1), 0);
        assert!(!bucket.take(now) && !bucket.take(now + Duration::from_secs(3600)));
    }

    #[test]
    fn what_lasts_for_ever_does_not_panic() {
        let (mut bucket, now) = bucket(Duration::MAX, u32::MAX);
        assert!(bucket.take(now));
        bucket.take(now);
    }
}
