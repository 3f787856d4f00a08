//! `basic_auth_users`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr as _;
use std::sync::Arc;

use bcrypt::HashParts;
use secrecy::{ExposeSecret, SecretString};

use crate::config::section::Section;
use crate::config::value::Fault;

/// The length of a bcrypt hash.
const LENGTH: usize = 60;

/// Each step doubles the work. Above the first a password takes more than a second, above the second more than a minute.
const SLOW: u32 = 14;
const SLOWEST: u32 = 20;

/// The cost of the hash for users who do not exist, which is that of most files.
const USUAL: u32 = 10;

/// The users and the hashes of their passwords.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Users(BTreeMap<String, PasswordHash>);

/// A bcrypt hash; `Debug` does not show it.
#[derive(Clone)]
pub struct PasswordHash {
    text: Arc<SecretString>,
    cost: u32,
}

impl Users {
    /// Whether everybody may come in.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The hash of this user's password.
    pub fn get(&self, user: &str) -> Option<&PasswordHash> {
        self.0.get(user)
    }
}

impl PasswordHash {
    /// A hash that no password has, for a user who does not exist. Its cost is always the same, so that no request for an
    /// invented user takes longer than one of an ordinary one.
    pub fn decoy() -> Self {
        let text = format!("$2b${USUAL:02}${}", ".".repeat(LENGTH - 7));
        Self {
            text: Arc::new(text.into()),
            cost: USUAL,
        }
    }

    /// Whether this is the password. Takes long and blocks: that is its purpose.
    pub fn matches(&self, password: &[u8]) -> bool {
        bcrypt::verify(password, self.text.expose_secret()).unwrap_or(false)
    }

    /// The hash itself.
    pub(crate) fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

impl PartialEq for PasswordHash {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for PasswordHash {}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

pub(super) fn users(root: &Section<'_>) -> Users {
    let mut users = BTreeMap::new();
    let remedy = "write for example {prometheus: $2y$10$…}";
    for (path, entry) in root.pairs("basic_auth_users", remedy) {
        let name = if entry.key.contains(':') || entry.key.chars().any(char::is_control) {
            let what = "a user name with a colon or a control character can never be sent";
            Err(Fault::new(what, "choose another name"))
        } else {
            Ok(entry.key.clone())
        };
        let name = root.accept(&entry.place, &path, name);
        let hash = root.scalar_at(&entry.value, &path, true, hash);
        let (Some(name), Some(hash)) = (name, hash) else {
            continue;
        };
        if hash.cost > SLOW {
            let what = format!(
                "its hash has a cost of {}: a password takes a second or longer to compare",
                hash.cost
            );
            root.warning_at(&entry.value.place, &path, what);
        }
        users.insert(name, hash);
    }
    Users(users)
}

fn hash(text: &str) -> Result<PasswordHash, Fault> {
    let remedy = "write what `htpasswd -nBC 10 \"\"` prints behind the colon";
    if text.len() < LENGTH {
        let what = "is no bcrypt hash: hashedSecret too short to be a bcrypted password";
        return Err(Fault::new(what, remedy));
    }
    let prefix = ["$2a$", "$2b$", "$2y$"];
    if !prefix.iter().any(|prefix| text.starts_with(prefix)) {
        let what = "is no bcrypt hash: it begins with none of $2a$, $2b$, $2y$";
        return Err(Fault::new(what, remedy));
    }
    let parts = HashParts::from_str(text)
        .map_err(|error| Fault::new(format!("is no bcrypt hash: {error}"), remedy))?;
    let cost = parts.get_cost();
    if !(4..=SLOWEST).contains(&cost) {
        return Err(Fault::new(
            format!("has a cost of {cost}, which is not from 4 to {SLOWEST}"),
            "make it again with a cost such as 10: beyond 20 one password takes minutes to compare",
        ));
    }
    Ok(PasswordHash {
        text: Arc::new(text.into()),
        cost,
    })
}
