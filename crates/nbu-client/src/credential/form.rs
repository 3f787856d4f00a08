//! The body of `POST /login`.

use std::fmt;
use std::io::Write as _;

use bytes::Bytes;
use secrecy::ExposeSecret;
use secrecy::zeroize::Zeroizing;

use super::Login;

/// A body that holds a secret: zeroed when the last handle on it is dropped, and shown by no `Debug`.
#[derive(Clone)]
pub(crate) struct Form(Bytes);

/// What the user `login` has to send to get a token.
pub(crate) fn form(login: &Login) -> Form {
    let fields = [
        ("domainType", &*login.domain_type),
        ("domainName", &*login.domain_name),
        ("userName", &*login.user_name),
        ("password", login.password.expose_secret()),
    ];
    // The longest escape of a byte is six long; a buffer that had to grow would leave a copy behind.
    let room = fields
        .iter()
        .map(|(name, value)| name.len() + 6 * value.len() + 6)
        .sum::<usize>();
    let mut body = Zeroizing::new(Vec::with_capacity(room));
    let mut separator = '{';
    for (name, value) in fields {
        if value.is_empty() {
            continue;
        }
        // Neither can fail on memory.
        let _ = write!(body, "{separator}\"{name}\":");
        let _ = serde_json::to_writer(&mut *body, value);
        separator = ',';
    }
    body.push(b'}');
    Form(Bytes::from_owner(body))
}

impl Form {
    pub(crate) fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_given_and_escapes_it() {
        let login = Login::new("unixpwd", "", "monitor", "a\"b\\c\u{1}\u{e9}");
        let body = form(&login).into_bytes();
        let read: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            read,
            serde_json::json!({"domainType": "unixpwd", "userName": "monitor", "password": "a\"b\\c\u{1}\u{e9}"})
        );
        assert_eq!(format!("{:?}", form(&login)), "<secret>");
    }
}
