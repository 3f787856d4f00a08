//! What is known about the session of one user: a state machine without a clock and without I/O.
//!
//! ```text
//!            opened              three quarters of its life over
//!   none ─────────────► good ──────────────────────────────────► due ── its end, or refused ──► none
//!    │ rejected                                                   │ failed: not again for a while
//!    ▼
//!   barred ── ten minutes, twenty, forty, an hour ──► none
//! ```

use std::time::Duration;

use tokio::time::Instant;

use crate::error::Refusal;

/// After the first rejected password; doubled with each further one.
const FIRST_BAR: Duration = Duration::from_secs(600);
const LONGEST_BAR: Duration = Duration::from_secs(3600);

/// Between two attempts to renew a token that is still good.
const RENEWAL_PAUSE: Duration = Duration::from_secs(10);

/// A token that was refused at this age was worth nothing from the beginning.
const YOUNG: Duration = Duration::from_secs(60);

/// So many such tokens in a row, and the primary gets some peace.
const WORTHLESS: u32 = 3;
const PEACE: Duration = Duration::from_secs(60);

/// The session of one user. `T` is the token.
#[derive(Debug)]
pub(crate) struct Desk<T> {
    token: Option<Issued<T>>,
    /// Tokens so far.
    number: u64,
    bar: Option<Bar>,
    /// Passwords rejected in a row.
    rejections: u32,
    /// No renewal of a good token before.
    not_before: Option<Instant>,
    /// Worthless tokens in a row.
    worthless: u32,
}

#[derive(Debug)]
struct Issued<T> {
    token: T,
    number: u64,
    at: Instant,
    /// How long it lives, if that is known.
    life: Option<Duration>,
}

#[derive(Debug, Clone)]
struct Bar {
    until: Instant,
    refused: Refused,
}

/// Why there is no login for the time being.
#[derive(Debug, Clone)]
pub(crate) enum Refused {
    /// The password was rejected.
    Password(Refusal),
    /// The account wants a second factor.
    SecondFactor,
    /// The primary gives tokens and does not accept them.
    Worthless,
}

/// What a caller should do.
#[derive(Debug, Clone)]
pub(crate) enum Standing<T> {
    /// Use this token.
    Good(T, u64),
    /// The same, but somebody should get the next one.
    Due(T, u64),
    /// Log in.
    None,
    /// Do not log in before so long.
    Barred(Duration, Refused),
}

impl<T: Clone> Desk<T> {
    pub(crate) fn new() -> Self {
        Self {
            token: None,
            number: 0,
            bar: None,
            rejections: 0,
            not_before: None,
            worthless: 0,
        }
    }

    pub(crate) fn standing(&self, now: Instant) -> Standing<T> {
        if let Some(issued) = self.token.as_ref().filter(|issued| !issued.is_over(now)) {
            let wanted = issued.is_due(now)
                && self.bar(now).is_none()
                && self.not_before.is_none_or(|before| now >= before);
            let token = issued.token.clone();
            return if wanted {
                Standing::Due(token, issued.number)
            } else {
                Standing::Good(token, issued.number)
            };
        }
        match self.bar(now) {
            Some(bar) => Standing::Barred(bar.until - now, bar.refused.clone()),
            None => Standing::None,
        }
    }

    /// A login that began at `at` brought a token: its number, and the token before it, if that is still good.
    pub(crate) fn opened(
        &mut self,
        token: T,
        at: Instant,
        life: Option<Duration>,
    ) -> (u64, Option<T>) {
        let before = self.take(at);
        self.number += 1;
        self.token = Some(Issued {
            token,
            number: self.number,
            at,
            life,
        });
        self.bar = None;
        self.rejections = 0;
        self.not_before = None;
        (self.number, before)
    }

    /// Gives the token away, if it is still good.
    pub(crate) fn take(&mut self, now: Instant) -> Option<T> {
        let issued = self.token.take()?;
        (!issued.is_over(now)).then_some(issued.token)
    }

    /// The primary does not let the user in. A token that is still good stays.
    pub(crate) fn rejected(&mut self, now: Instant, refused: Refused) -> Duration {
        let wait = FIRST_BAR
            .saturating_mul(1 << self.rejections.min(16))
            .min(LONGEST_BAR);
        self.rejections = self.rejections.saturating_add(1);
        self.bar = Some(Bar {
            until: now + wait,
            refused,
        });
        wait
    }

    /// A login failed in a way that says nothing about the password.
    pub(crate) fn failed(&mut self, now: Instant) {
        self.not_before = Some(now + RENEWAL_PAUSE);
    }

    /// The primary refused the token of this number.
    pub(crate) fn refused(&mut self, number: u64, now: Instant) {
        let Some(issued) = self.token.take_if(|issued| issued.number == number) else {
            return;
        };
        let young = issued.life.map_or(YOUNG, |life| YOUNG.min(life / 2));
        if now.saturating_duration_since(issued.at) >= young {
            self.worthless = 0;
            return;
        }
        self.worthless += 1;
        if self.worthless >= WORTHLESS {
            self.worthless = 0;
            self.bar = Some(Bar {
                until: now + PEACE,
                refused: Refused::Worthless,
            });
        }
    }

    /// Whether this is the token that is held, and how old it is.
    pub(crate) fn age(&self, number: u64, now: Instant) -> Option<Duration> {
        let issued = self.token.as_ref()?;
        (issued.number == number).then(|| now.saturating_duration_since(issued.at))
    }

    fn bar(&self, now: Instant) -> Option<&Bar> {
        self.bar.as_ref().filter(|bar| now < bar.until)
    }
}

impl<T> Issued<T> {
    fn is_over(&self, now: Instant) -> bool {
        self.life
            .is_some_and(|life| now.saturating_duration_since(self.at) >= life)
    }

    fn is_due(&self, now: Instant) -> bool {
        self.life
            .is_some_and(|life| now.saturating_duration_since(self.at) >= life / 4 * 3)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn rejection() -> Refused {
        Refused::Password(Refusal {
            status: 401,
            code: None,
            message: None,
            retry_after: None,
        })
    }

    fn word(standing: &Standing<u64>) -> &'static str {
        match standing {
            Standing::Good(..) => "good",
            Standing::Due(..) => "due",
            Standing::None => "none",
            Standing::Barred(..) => "barred",
        }
    }

    fn at(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn a_token_is_good_then_due_then_gone() {
        let start = Instant::now();
        let mut desk = Desk::new();
        assert_eq!(word(&desk.standing(start)), "none");
        desk.opened(7, start, Some(HOUR));
        for (seconds, expected) in [
            (0, "good"),
            (2699, "good"),
            (2700, "due"),
            (3599, "due"),
            (3600, "none"),
        ] {
            assert_eq!(
                word(&desk.standing(at(start, seconds))),
                expected,
                "{seconds}"
            );
        }
        // A failed renewal is not repeated at once, and does not take the token away.
        desk.failed(at(start, 2700));
        assert_eq!(word(&desk.standing(at(start, 2705))), "good");
        assert_eq!(word(&desk.standing(at(start, 2710))), "due");
    }

    #[test]
    fn a_token_of_unknown_life_is_good_until_it_is_refused() {
        let start = Instant::now();
        let mut desk = Desk::new();
        let (number, _) = desk.opened(7, start, None);
        assert_eq!(word(&desk.standing(at(start, 1_000_000))), "good");
        desk.refused(number + 1, start);
        assert_eq!(
            word(&desk.standing(start)),
            "good",
            "another one was refused"
        );
        desk.refused(number, at(start, 1000));
        assert_eq!(word(&desk.standing(at(start, 1000))), "none");
    }

    #[test]
    fn a_rejected_password_rests_longer_each_time_and_a_success_forgives() {
        let start = Instant::now();
        let mut desk = Desk::<u64>::new();
        let mut now = start;
        let mut waits = Vec::new();
        for _ in 0..5 {
            waits.push(desk.rejected(now, rejection()).as_secs());
            assert_eq!(word(&desk.standing(now)), "barred");
            now = at(now, *waits.last().unwrap());
            assert_eq!(word(&desk.standing(now)), "none");
        }
        assert_eq!(waits, [600, 1200, 2400, 3600, 3600]);
        desk.opened(7, now, Some(HOUR));
        assert_eq!(desk.rejected(now, rejection()).as_secs(), 600);
        assert_eq!(word(&desk.standing(now)), "good", "its token is still good");
        assert_eq!(word(&desk.standing(at(now, 2800))), "due");
    }

    #[test]
    fn tokens_that_are_worth_nothing_are_not_asked_for_for_ever() {
        let start = Instant::now();
        let mut desk = Desk::new();
        for _ in 0..WORTHLESS {
            assert_eq!(word(&desk.standing(start)), "none");
            let (number, _) = desk.opened(7, start, Some(HOUR));
            desk.refused(number, start);
        }
        assert_eq!(word(&desk.standing(start)), "barred");
        assert_eq!(word(&desk.standing(start + PEACE)), "none");
        // One that was used for a while breaks the row.
        for _ in 0..5 {
            let (number, _) = desk.opened(7, start, Some(HOUR));
            desk.refused(number, start + YOUNG);
            assert_eq!(word(&desk.standing(start + PEACE)), "none");
        }
    }

    proptest! {
        /// Whoever follows the advice never logs in twice within ten minutes of a rejection, whatever else happens.
        #[test]
        fn no_login_soon_after_a_rejection(steps in prop::collection::vec((0_u8..4, 0_u64..900), 1..60)) {
            let mut now = Instant::now();
            let mut desk = Desk::<u64>::new();
            let mut rejected: Option<Instant> = None;
            for (step, seconds) in steps {
                now += Duration::from_secs(seconds);
                let standing = desk.standing(now);
                match (&standing, step) {
                    (Standing::None | Standing::Due(..), outcome) => {
                        prop_assert!(rejected.is_none_or(|at| now - at >= FIRST_BAR));
                        match outcome {
                            0 => {
                                desk.opened(1, now, Some(Duration::from_secs(300)));
                                rejected = None;
                            }
                            1 => desk.failed(now),
                            _ => {
                                desk.rejected(now, rejection());
                                rejected = Some(now);
                            }
                        }
                    }
                    (Standing::Good(_, number), 3) => desk.refused(*number, now),
                    _ => {}
                }
            }
        }
    }
}
