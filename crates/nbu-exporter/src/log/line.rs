//! One line in either form.

use std::fmt::Write as _;

use tracing::Level;

use super::field::{Fields, Value};
use super::level::Format;
use crate::clock::Clock;

/// The form of all lines of a log.
#[derive(Debug, Clone)]
pub(super) struct Form {
    format: Format,
    clock: Clock,
}

impl Form {
    pub(super) fn new(format: Format, clock: Clock) -> Self {
        Self { format, clock }
    }

    /// The line, with its end.
    pub(super) fn render(&self, level: Level, target: &str, fields: Fields) -> String {
        let text = |text: &str| Value::Text(text.to_owned());
        let mut head = vec![
            ("ts", text(&format!("{:.3}", self.clock.now()))),
            ("level", text(&level.as_str().to_ascii_lowercase())),
            ("msg", Value::Text(fields.message)),
        ];
        if level >= Level::DEBUG {
            head.push(("target", text(target)));
        }
        let mut line = String::with_capacity(256);
        let put = match self.format {
            Format::Logfmt => logfmt,
            Format::Json => json,
        };
        for (name, value) in &head {
            put(&mut line, name, value);
        }
        for (name, value) in &fields.rest {
            // The head's names stay the head's.
            if head.iter().any(|(taken, _)| taken == name) {
                put(&mut line, &format!("field_{name}"), value);
            } else {
                put(&mut line, name, value);
            }
        }
        if self.format == Format::Json {
            line.push('}');
        }
        line.push('\n');
        line
    }
}

/// Appends `name=value`, after a space unless the line is empty. Writing to a string cannot fail.
fn logfmt(line: &mut String, name: &str, value: &Value) {
    if !line.is_empty() {
        line.push(' ');
    }
    line.push_str(name);
    line.push('=');
    match value {
        Value::Literal(literal) => line.push_str(literal),
        Value::Text(text) if is_bare(text) => line.push_str(text),
        Value::Text(text) => quoted(line, text),
    }
}

/// Appends `"name":value`, after a brace or comma. The caller closes the brace.
fn json(line: &mut String, name: &str, value: &Value) {
    line.push(if line.is_empty() { '{' } else { ',' });
    quoted(line, name);
    line.push(':');
    match value {
        Value::Literal(literal) => line.push_str(literal),
        Value::Text(text) => quoted(line, text),
    }
}

fn is_bare(text: &str) -> bool {
    !text.is_empty()
        && !text.contains(|c: char| c == '"' || c == '=' || c.is_whitespace() || is_unprintable(c))
}

/// A JSON string, which logfmt reads as well.
fn quoted(line: &mut String, text: &str) {
    line.push('"');
    for c in text.chars() {
        match c {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            // All of them are in the basic plane, so that four digits do.
            c if is_unprintable(c) => {
                let _ = write!(line, "\\u{:04x}", u32::from(c));
            }
            c => line.push(c),
        }
    }
    line.push('"');
}

/// What could end the line, colour the terminal or change the direction of what follows.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}'..='\u{ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn logfmt_of(text: &str) -> String {
        let mut line = String::new();
        logfmt(&mut line, "k", &Value::Text(text.to_owned()));
        line
    }

    #[test]
    fn only_what_needs_quotes_has_them() {
        assert_eq!(logfmt_of("plain/text:1"), "k=plain/text:1");
        assert_eq!(logfmt_of(""), r#"k="""#);
        assert_eq!(logfmt_of("two words"), r#"k="two words""#);
        assert_eq!(logfmt_of("a=b"), r#"k="a=b""#);
        assert_eq!(
            logfmt_of("say \"hi\"\n\u{1b}[31m"),
            r#"k="say \"hi\"\n\u001b[31m""#
        );
        assert_eq!(logfmt_of(r"C:\x"), r"k=C:\x");
    }

    proptest! {
        #[test]
        fn any_text_stays_on_its_line_and_reads_back(text in any::<String>()) {
            let mut line = String::new();
            json(&mut line, "k", &Value::Text(text.clone()));
            line.push('}');
            let parsed: serde_json::Value = serde_json::from_str(&line).unwrap();
            prop_assert_eq!(parsed["k"].as_str(), Some(text.as_str()));

            let line = logfmt_of(&text);
            prop_assert!(!line.contains(|c: char| c.is_control()));
            let value = line.strip_prefix("k=").unwrap();
            if value.starts_with('"') {
                prop_assert_eq!(serde_json::from_str::<String>(value).unwrap(), text);
            } else {
                prop_assert_eq!(value, text);
            }
        }
    }
}
