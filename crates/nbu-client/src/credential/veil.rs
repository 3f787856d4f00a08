//! Takes secrets out of text that came from elsewhere.

use std::fmt;

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};

use crate::error::Cause;
use crate::sync::{Arc, Mutex, lock};

/// How many secrets of the past are remembered: what was sent with an old key or token may be said back later.
const REMEMBERED: usize = 16;

/// The most characters of foreign text in an error.
const LONGEST: usize = 300;

/// What stands where a secret stood.
const MARK: &str = "<secret>";

/// All secrets that a client has, and had lately. What a primary or a proxy says passes through here before it gets into
/// an error or a log line, should it say one of them back.
#[derive(Default)]
pub(crate) struct Veil {
    /// Those of the client's whole life.
    lasting: Vec<SecretString>,
    /// The others, oldest first.
    passing: Mutex<Vec<SecretString>>,
}

/// What is left of a cause that held the secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Reworded(String);

impl Veil {
    pub(crate) fn new(lasting: Vec<SecretString>) -> Self {
        Self {
            lasting: lasting
                .into_iter()
                .filter(|secret| !secret.expose_secret().is_empty())
                .collect(),
            passing: Mutex::default(),
        }
    }

    /// From now on this is one too.
    pub(crate) fn learn(&self, secret: &SecretString) {
        let text = secret.expose_secret();
        if text.is_empty() {
            return;
        }
        let mut passing = lock(&self.passing);
        passing.retain(|known| known.expose_secret() != text);
        if passing.len() == REMEMBERED {
            passing.remove(0);
        }
        passing.push(secret.clone());
    }

    /// The text without the secrets, and otherwise as it is. Text that holds one in percent-encoding goes as a whole.
    ///
    /// It wants the text as it was sent: of a secret that was cut in two, the first half would stay.
    pub(crate) fn conceal(&self, text: &str) -> String {
        let passing = lock(&self.passing);
        let mut forms: Vec<SecretString> = self
            .lasting
            .iter()
            .chain(passing.iter())
            .flat_map(forms)
            .collect();
        drop(passing);
        // The longest first: of a secret that begins like a shorter one, the end would stay.
        forms.sort_by_key(|form| std::cmp::Reverse(form.expose_secret().len()));
        let mut text = text.to_owned();
        for form in &forms {
            if text.contains(form.expose_secret()) {
                text = text.replace(form.expose_secret(), MARK);
            }
        }
        if text.contains('%') {
            let decoded = percent_decode_str(&text).decode_utf8_lossy();
            if forms
                .iter()
                .any(|form| decoded.contains(form.expose_secret()))
            {
                return MARK.to_owned();
            }
        }
        text
    }

    /// Makes foreign text fit for an error: without the secrets, without control characters, at most 300 characters.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.conceal(text)
            .chars()
            .take(LONGEST)
            .map(|char| if char.is_control() { ' ' } else { char })
            .collect()
    }

    /// The same for a cause: what goes away in HTTP/2 may say why in free text, and the stack tells that on. A cause that
    /// holds a secret is replaced by its words without it.
    pub(crate) fn clean_cause(&self, cause: Cause) -> Cause {
        let mut words = cause.to_string();
        let mut beneath = cause.source();
        while let Some(error) = beneath {
            words = format!("{words}: {error}");
            beneath = error.source();
        }
        if self.holds(&words) || self.holds(&format!("{cause:?}")) {
            Arc::new(Reworded(self.clean(&words)))
        } else {
            cause
        }
    }

    fn holds(&self, text: &str) -> bool {
        self.conceal(text) != text
    }
}

/// A secret as it is, and as it stands in JSON.
fn forms(secret: &SecretString) -> Vec<SecretString> {
    let mut forms = vec![secret.clone()];
    if let Ok(quoted) = serde_json::to_string(secret.expose_secret()) {
        let quoted = SecretString::from(quoted);
        let inner = quoted.expose_secret().strip_prefix('"');
        if let Some(inner) = inner.and_then(|inner| inner.strip_suffix('"'))
            && inner != secret.expose_secret()
        {
            forms.push(inner.into());
        }
    }
    forms
}

impl fmt::Debug for Veil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Veil")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn veil(secrets: &[&str]) -> Veil {
        let veil = Veil::new(vec!["proxy-pass".into()]);
        for secret in secrets {
            veil.learn(&SecretString::from(*secret));
        }
        veil
    }

    #[test]
    fn every_secret_of_now_and_lately_goes() {
        let veil = veil(&["old-key", "new-key"]);
        assert_eq!(
            veil.conceal("old-key, new-key and proxy-pass"),
            "<secret>, <secret> and <secret>"
        );
        for number in 0..REMEMBERED {
            veil.learn(&format!("token-{number}-").into());
        }
        assert_eq!(veil.conceal("old-key proxy-pass"), "old-key <secret>");
        assert_eq!(veil.conceal("token-0-"), "<secret>");
    }

    #[test]
    fn the_longer_of_two_that_begin_alike_goes_whole() {
        assert_eq!(veil(&["key", "key-two"]).conceal("a key-two"), "a <secret>");
    }

    #[test]
    fn other_spellings_go_too() {
        let veil = veil(&["pa\"ss/word"]);
        assert_eq!(
            veil.conceal(r#"{"password":"pa\"ss/word"}"#),
            r#"{"password":"<secret>"}"#
        );
        assert_eq!(veil.conceal("https://x/?p=pa%22ss%2Fword"), "<secret>");
        assert_eq!(veil.conceal("https://x/?p=pa%22ss%2fword&b"), "<secret>");
        assert_eq!(veil.conceal("https://x/?p=%41"), "https://x/?p=%41");
    }

    #[test]
    fn nothing_is_no_secret() {
        assert_eq!(veil(&[""]).conceal("as it is"), "as it is");
    }

    #[test]
    fn foreign_text_is_one_bounded_line() {
        let veil = veil(&["key"]);
        assert_eq!(veil.clean("no\r\nkey here"), "no  <secret> here");
        assert_eq!(veil.clean(&"x".repeat(1000)).len(), LONGEST);
    }
}
