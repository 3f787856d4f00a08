//! What was decided about passwords, so that bcrypt, which is slow on purpose, need not decide at every scrape.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use ring::hmac;
use ring::rand::SystemRandom;

use super::credentials::Credentials;
use crate::config::web::PasswordHash;

/// Most verdicts of each kind.
const MOST: usize = 100;

/// The verdicts. Those that let somebody in are kept apart, so that no flood of wrong passwords drives them out.
pub(super) struct Verdicts {
    /// Made for this process alone: what is kept says nothing about a password.
    key: hmac::Key,
    kept: Mutex<[HashSet<Question>; 2]>,
}

/// Who asks, with which password, compared with which hash: a digest of all three.
pub(super) type Question = [u8; 32];

impl Verdicts {
    pub(super) fn new() -> Self {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        // Without random bytes of the system there is no TLS either; the digests are never told anybody.
        let key = key.unwrap_or_else(|_| {
            let bytes: [u8; 32] = std::array::from_fn(|_| fastrand::u8(..));
            hmac::Key::new(hmac::HMAC_SHA256, &bytes)
        });
        Self {
            key,
            kept: Mutex::default(),
        }
    }

    pub(super) fn question(&self, credentials: &Credentials, hash: &PasswordHash) -> Question {
        let mut context = hmac::Context::with_key(&self.key);
        let user = credentials.user().unwrap_or_default().as_bytes();
        for part in [user, hash.expose().as_bytes(), credentials.password()] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut question = [0; 32];
        question.copy_from_slice(context.sign().as_ref());
        question
    }

    /// What was decided.
    pub(super) fn known(&self, question: &Question) -> Option<bool> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let [refused, admitted] = &*kept;
        if admitted.contains(question) {
            Some(true)
        } else {
            refused.contains(question).then_some(false)
        }
    }

    /// Remembers a verdict, in the place of another one of its kind where there are many.
    pub(super) fn keep(&self, question: Question, admitted: bool) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = &mut kept[usize::from(admitted)];
        if kept.len() >= MOST {
            let victim = kept.iter().nth(fastrand::usize(..kept.len())).copied();
            if let Some(victim) = victim {
                kept.remove(&victim);
            }
        }
        kept.insert(question);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_passwords_never_drive_out_a_right_one() {
        let verdicts = Verdicts::new();
        let question = |number: u16| {
            let mut question = [0; 32];
            question[..2].copy_from_slice(&number.to_be_bytes());
            question
        };
        verdicts.keep(question(0), true);
        for number in 1..10_000 {
            verdicts.keep(question(number), false);
        }
        assert_eq!(verdicts.known(&question(0)), Some(true));
        assert_eq!(verdicts.known(&question(9_999)), Some(false));
        assert_eq!(verdicts.known(&question(10_000)), None);
        let kept = verdicts.kept.lock().unwrap();
        assert_eq!((kept[0].len(), kept[1].len()), (MOST, 1));
    }
}
