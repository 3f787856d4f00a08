//! Regular expressions in the configuration.

use std::fmt;

use regex::{Regex, RegexBuilder};

/// Largest compiled program, in bytes: far above any list of names, far below what hurts.
const PROGRAM_BYTES: usize = 1024 * 1024;

/// A regular expression that has to match a whole name, as everywhere in Prometheus' configuration.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles `text`; the error is one line for people.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        // Compiled alone first: `a)|(b` is wrong, though it would be right between our anchors.
        let compile = |text: &str| RegexBuilder::new(text).size_limit(PROGRAM_BYTES).build();
        let regex = compile(text).and_then(|_| compile(&format!("^(?s:{text})$")));
        match regex {
            Ok(regex) => Ok(Self {
                text: text.to_owned(),
                regex,
            }),
            Err(regex::Error::CompiledTooBig(_)) => Err("the expression is too large".to_owned()),
            Err(error) => Err(last_line(&error.to_string())),
        }
    }

    /// Whether the whole of `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        self.regex.is_match(name)
    }

    /// The expression as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// The library draws the expression over several lines; the last one says what is wrong.
fn last_line(error: &str) -> String {
    let line = error
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    line.trim().trim_start_matches("error: ").to_owned()
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.text).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_names() {
        let pattern = Pattern::new("db|web.*").unwrap();
        assert!(pattern.matches("db") && pattern.matches("web-1"));
        assert!(!pattern.matches("db1") && !pattern.matches("my-web"));
    }

    #[test]
    fn a_wrong_pattern_is_explained_in_one_line() {
        for text in ["(", "a)|(b", "[z-a]", "(?P<x", "a{1000000}{1000}", "*"] {
            let error = Pattern::new(text).unwrap_err();
            assert!(
                !error.is_empty() && !error.contains('\n'),
                "{text}: {error:?}"
            );
        }
    }
}
