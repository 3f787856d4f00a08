//! Which request meets which fault.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use fastrand::Rng;

use super::Fault;
use crate::{lock::Locked, route::Route};

/// Writes the script of faults; a handle that can be cloned.
///
/// Rules are tried in the order in which they were written. A delay adds to whatever else happens; of all other
/// faults, the first rule that strikes decides.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Script>);

impl Faults {
    pub(crate) fn new(script: Arc<Script>) -> Self {
        Self(script)
    }

    /// Every request to `route` from now on.
    pub fn always(&self, route: impl Into<Route>, fault: Fault) {
        self.0.add(route.into(), When::Always, fault);
    }

    /// Every request to `route` for another page than the first.
    pub fn later_pages(&self, route: impl Into<Route>, fault: Fault) {
        self.0.add(route.into(), When::LaterPages, fault);
    }

    /// The next `n` requests to `route`.
    pub fn next(&self, route: impl Into<Route>, n: usize, fault: Fault) {
        self.0
            .add(route.into(), When::Between { skip: 0, strike: n }, fault);
    }

    /// The `n`-th request to `route` from now on, counted from 1.
    pub fn nth(&self, route: impl Into<Route>, n: usize, fault: Fault) {
        let skip = n.saturating_sub(1);
        self.0
            .add(route.into(), When::Between { skip, strike: 1 }, fault);
    }

    /// Each request to `route` with probability `p`, decided by a generator of its own.
    pub fn sometimes(&self, route: impl Into<Route>, seed: u64, p: f64, fault: Fault) {
        let rng = Rng::with_seed(seed);
        self.0.add(route.into(), When::Sometimes { rng, p }, fault);
    }

    /// Each request, whatever it asks for, with probability `p`.
    pub fn probability(&self, seed: u64, p: f64, fault: Fault) {
        self.sometimes(Route::Any, seed, p, fault);
    }

    /// No faults any more. Requests that already met one are not rescued.
    pub fn clear(&self) {
        self.0.rules.lock().clear();
    }

    /// How many faults have struck, so that a test can tell that its script was played.
    pub fn struck(&self) -> usize {
        self.0.struck.load(Ordering::Relaxed)
    }
}

/// The rules and how far they have been played.
#[derive(Debug, Default)]
pub(crate) struct Script {
    rules: Locked<Vec<Rule>>,
    struck: AtomicUsize,
}

#[derive(Debug)]
struct Rule {
    route: Route,
    when: When,
    fault: Fault,
}

#[derive(Debug)]
enum When {
    Always,
    LaterPages,
    Between { skip: usize, strike: usize },
    Sometimes { rng: Rng, p: f64 },
}

impl Script {
    fn add(&self, route: Route, when: When, fault: Fault) {
        self.rules.lock().push(Rule { route, when, fault });
    }

    /// The faults one request meets: any delays, then at most one other.
    pub(crate) fn strike(&self, route: Route, is_later_page: bool) -> Vec<Fault> {
        let mut rules = self.rules.lock();
        let mut struck = Vec::new();
        for rule in rules.iter_mut().filter(|rule| rule.route.covers(route)) {
            if !rule.when.strikes(is_later_page) {
                continue;
            }
            self.struck.fetch_add(1, Ordering::Relaxed);
            struck.push(rule.fault.clone());
            if !matches!(rule.fault, Fault::Delay(_)) {
                break;
            }
        }
        rules.retain(|rule| !matches!(rule.when, When::Between { strike: 0, .. }));
        struck
    }
}

impl When {
    fn strikes(&mut self, is_later_page: bool) -> bool {
        match self {
            Self::Always => true,
            Self::LaterPages => is_later_page,
            Self::Sometimes { rng, p } => rng.f64() < *p,
            Self::Between { skip, strike } => {
                if *skip > 0 {
                    *skip -= 1;
                    return false;
                }
                let strikes = *strike > 0;
                *strike = strike.saturating_sub(1);
                strikes
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(faults: &Faults, route: Route, n: usize) -> Vec<Option<u16>> {
        (0..n)
            .map(|_| match faults.0.strike(route, false).last() {
                Some(Fault::Status(status)) => Some(*status),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn rules_are_played_in_order() {
        let faults = Faults::new(Arc::default());
        faults.nth(Route::Jobs, 2, Fault::Status(500));
        faults.next(Route::Jobs, 2, Fault::Status(503));
        assert_eq!(statuses(&faults, Route::Ping, 1), [None]);
        assert_eq!(
            statuses(&faults, Route::Jobs, 4),
            [Some(503), Some(500), Some(503), None]
        );
        assert_eq!(faults.struck(), 3);
        faults.always(Route::Any, Fault::Status(429));
        assert_eq!(statuses(&faults, Route::Ping, 2), [Some(429), Some(429)]);
        faults.clear();
        assert_eq!(statuses(&faults, Route::Ping, 1), [None]);
    }

    #[test]
    fn first_pages_can_be_spared() {
        let faults = Faults::new(Arc::default());
        faults.later_pages(Route::Jobs, Fault::Status(500));
        assert!(faults.0.strike(Route::Jobs, false).is_empty());
        assert_eq!(faults.0.strike(Route::Jobs, true).len(), 1);
    }

    #[test]
    fn chance_is_repeatable() {
        let play = || {
            let faults = Faults::new(Arc::default());
            faults.probability(7, 0.5, Fault::Status(500));
            statuses(&faults, Route::Jobs, 64)
        };
        assert_eq!(play(), play());
        assert!(play().contains(&None) && play().contains(&Some(500)));
    }
}
