//! `rate_limit`.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::config::section::Section;

/// How many requests are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// The time after which one more is allowed.
    pub interval: Duration,
    /// The most that may come at once.
    pub burst: NonZeroU32,
}

pub(super) fn rate_limit(section: &Section<'_>) -> Option<RateLimit> {
    let interval = section.duration("interval");
    let burst = NonZeroU32::new(section.count("burst"));
    match (interval, burst) {
        (Duration::ZERO, None) => None,
        (Duration::ZERO, Some(_)) => {
            section.warning("burst", "has no effect without interval");
            None
        }
        (interval, Some(burst)) => Some(RateLimit { interval, burst }),
        (_, None) => {
            // What is wrong with a burst has been told.
            if !section.tried("burst") || section.peek("burst") == "0" {
                section.problem(
                    "burst",
                    "is 0: with an interval, every request would be refused",
                    "write how many requests may come at once, such as 20",
                );
            }
            None
        }
    }
}
