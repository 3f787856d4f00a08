//! Trouble: from the first failure to the success that lasts, and what of it is worth a line in the log.
//!
//! A trouble is told when it begins and when it ends. Between the two, each further kind of failure is told the first time it
//! occurs, so that failures which take turns are told once each. What fails and recovers again and again is told a few times,
//! then said to be unsteady; from then on it counts as one trouble, until no failure has occurred for [`STEADY`].

use std::time::Duration;

use tokio::time::Instant;

/// How long nothing must fail before what was unsteady counts as healed, and before a new failure counts as a new trouble.
pub(super) const STEADY: Duration = Duration::from_secs(600);

/// How many times a trouble may come back within [`STEADY`] before it is told as unsteady.
const RETURNS: u32 = 3;

/// The most kinds of failure that are told of one trouble.
const KINDS: usize = 12;

/// The trouble of one thing that is tried again and again, whose failures are of kinds `K`.
#[derive(Debug, Clone)]
pub(super) struct Trouble<K> {
    /// Since when; `None` while there is none.
    since: Option<Instant>,
    last_failure: Option<Instant>,
    failures: u64,
    returns: u32,
    unsteady: bool,
    told: Vec<K>,
}

/// What is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// It begins.
    Begins,
    /// It goes on, with a failure of a kind that has not been told.
    Changes,
    /// It comes and goes, and that will not be told any more.
    Unsteady,
    /// It is over.
    Ends {
        /// From its first failure to now.
        lasted: Duration,
        /// How many times it failed meanwhile.
        failures: u64,
    },
}

impl<K> Default for Trouble<K> {
    fn default() -> Self {
        Self {
            since: None,
            last_failure: None,
            failures: 0,
            returns: 0,
            unsteady: false,
            told: Vec::new(),
        }
    }
}

impl<K: PartialEq> Trouble<K> {
    /// It failed, in this way.
    pub(super) fn failed(&mut self, kind: K, now: Instant) -> Option<Telling> {
        let returned = self.is_fresh(now);
        self.last_failure = Some(now);
        if self.since.is_some() {
            self.failures += 1;
            return self.is_news(kind).then_some(Telling::Changes);
        }
        if !returned {
            self.returns = 0;
        }
        self.since = Some(now);
        self.failures = 1;
        self.told.clear();
        self.is_news(kind);
        if returned {
            self.returns += 1;
        }
        self.unsteady = self.returns >= RETURNS;
        Some(if self.unsteady {
            Telling::Unsteady
        } else {
            Telling::Begins
        })
    }

    /// It worked.
    pub(super) fn worked(&mut self, now: Instant) -> Option<Telling> {
        let since = self.since?;
        if self.unsteady && self.is_fresh(now) {
            return None;
        }
        self.since = None;
        self.unsteady = false;
        Some(Telling::Ends {
            lasted: now.saturating_duration_since(since),
            failures: self.failures,
        })
    }

    /// Whether something failed a short while ago.
    fn is_fresh(&self, now: Instant) -> bool {
        self.last_failure
            .is_some_and(|last| now.saturating_duration_since(last) < STEADY)
    }

    fn is_news(&mut self, kind: K) -> bool {
        let news = self.told.len() < KINDS && !self.told.contains(&kind);
        if news {
            self.told.push(kind);
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CYCLE: Duration = Duration::from_secs(60);

    /// What is told of a row of cycles: a letter is a failure of that kind, a dot a success.
    fn told(cycles: &str) -> Vec<(usize, Telling)> {
        let start = Instant::now();
        let mut trouble = Trouble::default();
        let mut told = Vec::new();
        for (index, kind) in (0..).zip(cycles.chars()) {
            let now = start + CYCLE * index;
            let telling = match kind {
                '.' => trouble.worked(now),
                kind => trouble.failed(kind, now),
            };
            told.extend(telling.map(|telling| (index as usize, telling)));
        }
        told
    }

    fn ends(minutes: u64, failures: u64) -> Telling {
        Telling::Ends {
            lasted: Duration::from_secs(60 * minutes),
            failures,
        }
    }

    #[test]
    fn it_is_told_when_it_begins_and_when_it_ends_and_not_between() {
        let long = format!("..{}..", "a".repeat(500));
        assert_eq!(told(&long), [(2, Telling::Begins), (502, ends(500, 500))]);
    }

    #[test]
    fn failures_that_take_turns_are_told_once_each() {
        let turns = format!("{}.", "abcab".repeat(50));
        assert_eq!(
            told(&turns),
            [
                (0, Telling::Begins),
                (1, Telling::Changes),
                (2, Telling::Changes),
                (250, ends(250, 250))
            ]
        );
    }

    #[test]
    fn many_kinds_do_not_make_many_lines() {
        let kinds: String = ('a'..='z').collect();
        assert_eq!(told(&kinds.repeat(20)).len(), KINDS);
    }

    #[test]
    fn what_comes_and_goes_is_told_a_few_times_and_then_as_one_trouble() {
        let flapping = "a.".repeat(200) + &".".repeat(20);
        let told = told(&flapping);
        assert_eq!(
            told[..7],
            [
                (0, Telling::Begins),
                (1, ends(1, 1)),
                (2, Telling::Begins),
                (3, ends(1, 1)),
                (4, Telling::Begins),
                (5, ends(1, 1)),
                (6, Telling::Unsteady),
            ]
        );
        // The last failure was in cycle 398, and ten minutes of success make it steady.
        assert_eq!(told[7..], [(408, ends(402, 197))]);
    }

    #[test]
    fn what_returns_after_a_steady_time_is_a_new_trouble() {
        let rare = format!("a{}", ".".repeat(10)).repeat(20);
        let told = told(&rare);
        assert_eq!(told.len(), 40);
        assert!(
            told.iter()
                .all(|(_, telling)| *telling != Telling::Unsteady)
        );
    }
}
