//! The query string, decoded.

use percent_encoding::percent_decode_str;

/// Ordered pairs of a query string, percent-decoded. `+` is a space, as Java's web servers read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(pub(crate) Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(raw: &str) -> Self {
        Self(
            raw.split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (
                        decode(&name.replace('+', " ")),
                        decode(&value.replace('+', " ")),
                    )
                })
                .collect(),
        )
    }

    /// Whether it asks for another page than the first.
    pub(crate) fn is_of_a_later_page(&self) -> bool {
        self.value("page[after]").is_some()
            || self
                .value("page[offset]")
                .is_some_and(|offset| !offset.trim_start_matches('0').is_empty())
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Percent-decodes; a broken escape stays as it was sent, broken UTF-8 becomes replacement characters.
pub(crate) fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_decoded() {
        let query = Query::parse(
            "page%5Blimit%5D=100&filter=state+eq%20%27DONE%27&plus=a%2Bb&empty&odd=%zz",
        );
        assert_eq!(query.value("page[limit]"), Some("100"));
        assert_eq!(query.value("filter"), Some("state eq 'DONE'"));
        assert_eq!(query.value("plus"), Some("a+b"));
        assert_eq!(query.value("empty"), Some(""));
        assert_eq!(query.value("odd"), Some("%zz"));
        assert_eq!(decode("a%2"), "a%2");
        assert_eq!(decode("%ff%C3%A9"), "\u{fffd}\u{e9}");
    }
}
