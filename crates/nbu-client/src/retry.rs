//! When a failed attempt is worth another one, and how long to wait before it.
//!
//! Only calls that may be repeated are (`GET`), and only after failures that pass: a broken or refused connection, a
//! timeout, 408, 429 and 5xx. The waits have full jitter, so that clients that failed together do not return together.
//! Two things bound the number: the tries of a call, and a budget of the client which each retry spends and each success
//! refills. A primary that is down soon gets one attempt per call instead of several.

mod after;

use std::time::Duration;

pub(crate) use after::{http_date, parse_retry_after};

use crate::sync::{Mutex, lock};

/// How failed attempts are repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// The most attempts of one call, the first included. 4; 1 repeats nothing.
    pub tries: u32,
    /// The longest wait before the second attempt; doubles with each further one. 500 ms.
    pub base: Duration,
    /// The longest wait before any attempt. 10 s.
    pub longest: Duration,
    /// The longest `Retry-After` that is waited for. A primary that asks for more gets no further attempt in this call:
    /// it ends with the error, which tells the time asked for. 60 s.
    pub longest_retry_after: Duration,
    /// How many retries the client may spend before a success earns new ones. 20.
    pub budget: u32,
}

impl RetryPolicy {
    /// One attempt per call.
    pub fn never() -> Self {
        Self {
            tries: 1,
            ..Self::default()
        }
    }

    /// The wait before attempt number `next` (2 or more), or `None` if there is to be none.
    ///
    /// `dice` is uniform in 0..1.
    pub(crate) fn wait(&self, next: u32, asked: Option<Duration>, dice: f64) -> Option<Duration> {
        if next > self.tries {
            return None;
        }
        let doublings = next.saturating_sub(2).min(31);
        let ceiling = self.base.saturating_mul(1 << doublings).min(self.longest);
        let jittered = ceiling.mul_f64(dice);
        match asked {
            None => Some(jittered),
            Some(asked) if asked > self.longest_retry_after => None,
            // Never before the time asked for; the jitter comes on top, for all are asked for the same time.
            Some(asked) => Some(asked + jittered),
        }
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            tries: 4,
            base: Duration::from_millis(500),
            longest: Duration::from_secs(10),
            longest_retry_after: Duration::from_secs(60),
            budget: 20,
        }
    }
}

/// The retries that a client may still spend.
#[derive(Debug)]
pub(crate) struct Budget {
    most: u32,
    left: Mutex<u32>,
}

impl Budget {
    pub(crate) fn new(policy: &RetryPolicy) -> Self {
        Self {
            most: policy.budget,
            left: Mutex::new(policy.budget),
        }
    }

    /// Takes one, if there is one.
    pub(crate) fn spend(&self) -> bool {
        let mut left = lock(&self.left);
        let some = *left > 0;
        *left = left.saturating_sub(1);
        some
    }

    /// A success gives one back.
    pub(crate) fn earn(&self) {
        let mut left = lock(&self.left);
        *left = self.most.min(*left + 1);
    }
}
