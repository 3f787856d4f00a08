//! When our own API key ends.

use jiff::{SignedDuration, Timestamp};
use nbu_api::endpoint::API_KEYS;
use nbu_api::{ApiKey, Query};
use nbu_client::{Client, Error, Reason};

/// How long an answer is good for: keys end on the day, not on the minute.
const GOOD_FOR: SignedDuration = SignedDuration::from_mins(15);

/// What was found out about the key.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyEnd {
    /// `None` where the primary does not tell.
    pub(super) ends: Option<Timestamp>,
    asked: Timestamp,
    /// Which of the client's credentials it was.
    credential: usize,
}

/// Asks `GET /security/api-keys`, unless that was done lately for the same key. One's own key is told to everybody, those
/// of others to who may see them; `subject` is the user in the primary's words, by which the own one is found among them.
///
/// Fails only if the client is closed: that nobody knows when the key ends is no reason to call the primary down.
pub(super) async fn end(
    client: &Client,
    subject: Option<&str>,
    before: Option<KeyEnd>,
    now: Timestamp,
) -> Result<KeyEnd, Error> {
    let credential = client.credentials_replaced();
    let before = before.filter(|before| before.credential == credential);
    if let Some(before) = before
        && (SignedDuration::ZERO..GOOD_FOR).contains(&now.duration_since(before.asked))
    {
        return Ok(before);
    }
    let mut found = Found::default();
    let walk = client.walk(&API_KEYS, Query::new());
    let asked = walk
        .fold::<ApiKey<'_>, _>(&mut found, |found, key| found.take(&key, subject))
        .await;
    let ends = match asked {
        Ok(_) => found.ends(),
        Err(error) if error.reason() == Reason::Closed => return Err(error),
        Err(error) if matches!(error.reason(), Reason::Forbidden | Reason::NotSupported) => None,
        Err(_) => before.and_then(|before| before.ends),
    };
    Ok(KeyEnd {
        ends,
        asked: now,
        credential,
    })
}

/// The keys that were told.
#[derive(Default)]
struct Found {
    keys: usize,
    only: Option<Timestamp>,
    /// The first to end among those of our user.
    mine: Option<Timestamp>,
}

impl Found {
    fn take(&mut self, key: &ApiKey<'_>, subject: Option<&str>) {
        self.keys += 1;
        self.only = key.expires_at;
        let user = key.user_name.as_deref();
        let is_mine = subject.zip(user).is_some_and(|(subject, user)| {
            // Domain type, domain and user, in an order and with separators that the documents do not tell.
            subject
                .split([':', '@', '\\', '/', ',', ' '])
                .any(|part| part == user)
        });
        if is_mine && let Some(ends) = key.expires_at {
            self.mine = Some(self.mine.map_or(ends, |mine| mine.min(ends)));
        }
    }

    fn ends(&self) -> Option<Timestamp> {
        // Who is shown a single key is shown their own.
        if self.keys == 1 { self.only } else { self.mine }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(keys: &[(&'static str, &str)], subject: &str) -> Option<String> {
        let mut found = Found::default();
        for (user, ends) in keys {
            let key = ApiKey {
                user_name: Some((*user).into()),
                expires_at: ends.parse().ok(),
                ..ApiKey::default()
            };
            found.take(&key, Some(subject));
        }
        found.ends().map(|ends| ends.to_string())
    }

    #[test]
    fn ones_own_key_is_the_only_one_or_the_one_of_the_subject() {
        let (early, late) = ("2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z");
        assert_eq!(ends(&[("svc", late)], "?").as_deref(), Some(late));
        let two = [("other", early), ("svc", late)];
        for subject in [
            "vx:nbu.example.com:svc",
            "svc@nbu.example.com",
            "EXAMPLE\\svc",
            "nbu:svc:vx",
        ] {
            assert_eq!(ends(&two, subject).as_deref(), Some(late), "{subject}");
        }
        assert_eq!(ends(&two, "vx:nbu:svc2"), None);
        assert_eq!(
            ends(&[("svc", late), ("svc", early)], "a:svc").as_deref(),
            Some(early)
        );
        assert_eq!(ends(&[], "a:svc"), None);
    }
}
