//! When what was counted is to be saved again after that has failed.

use std::time::Duration;

use tokio::time::Instant;

/// The first pause; doubled with each further failure.
const PAUSE: Duration = Duration::from_secs(1);

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(60);

/// How saving goes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Saving {
    /// Failures in a row.
    failures: u32,
    /// Not before this.
    again: Option<Instant>,
}

impl Saving {
    /// It failed. Whether it is the first time in a row.
    pub(super) fn failed(&mut self) -> bool {
        self.again = Some(Instant::now() + pause(self.failures));
        self.failures = self.failures.saturating_add(1);
        self.failures == 1
    }

    /// It succeeded. Whether it had failed before.
    pub(super) fn succeeded(&mut self) -> bool {
        std::mem::take(self).failures > 0
    }

    /// When to try again; `None` while it goes well.
    pub(super) fn again(&self) -> Option<Instant> {
        self.again
    }
}

/// The pause after so many failures before this one.
pub(super) fn pause(failures: u32) -> Duration {
    (PAUSE * 2_u32.saturating_pow(failures.min(10))).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_failure_waits_longer_up_to_a_minute_and_a_success_forgives() {
        let mut saving = Saving::default();
        let mut pauses = Vec::new();
        for number in 0..9 {
            assert_eq!(saving.failed(), number == 0);
            pauses.push((saving.again().unwrap() - Instant::now()).as_secs());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert!(saving.succeeded());
        assert!(!saving.succeeded());
        assert_eq!(saving.again(), None);
    }
}
