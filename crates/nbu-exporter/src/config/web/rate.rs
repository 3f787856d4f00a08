//! `rate_limit`.

use std::time::Duration;

use crate::config::section::Section;

/// How many requests are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// The time after which one more is allowed.
    pub interval: Duration,
    /// The most that may come at once; 0 refuses all.
    pub burst: u32,
}

pub(super) fn rate_limit(section: &Section<'_>) -> Option<RateLimit> {
    let (interval, burst) = (section.duration("interval"), section.count("burst"));
    if interval.is_zero() {
        if burst > 0 {
            section.warning("burst", "has no effect without interval");
        }
        return None;
    }
    // A wrong burst has been reported.
    if burst == 0 && (!section.tried("burst") || section.peek("burst") == "0") {
        section.warning(
            "burst",
            "is 0: with an interval every request is refused, except health checks that need no password; write how many may come at once, such as 20",
        );
    }
    Some(RateLimit { interval, burst })
}
