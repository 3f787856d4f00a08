//! The configuration as it is in effect, defaults included and secrets hidden: what `/config` shows.

use serde::{Serialize, Serializer};

/// What stands for a secret.
pub(super) const SECRET: &str = "<secret>";

/// A value in effect. Serializes in the order of the documentation, for JSON; [`Effective::yaml`] gives YAML.
#[derive(Debug, Clone, PartialEq)]
pub enum Effective {
    /// Not given and without a default.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Count(u64),
    /// A number.
    Number(f64),
    /// Anything else in the form in which it would be written.
    Text(String),
    /// A list.
    List(Vec<Effective>),
    /// A map, in order.
    Map(Vec<(String, Effective)>),
}

impl Effective {
    /// As YAML that this exporter would accept, but for the secrets.
    pub fn yaml(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, 0);
        text
    }

    /// Writes the value at the end of a line that holds its key or dash, or as the whole document.
    fn write(&self, out: &mut String, indent: usize) {
        match self {
            Self::List(items) if !items.is_empty() => {
                for item in items {
                    break_line(out, indent);
                    out.push('-');
                    item.write_value(out, indent + 2);
                }
            }
            Self::Map(entries) if !entries.is_empty() => {
                for (key, value) in entries {
                    break_line(out, indent);
                    out.push_str(&scalar(key));
                    out.push(':');
                    value.write_value(out, indent + 2);
                }
            }
            other => out.push_str(&other.inline()),
        }
        if indent == 0 {
            out.push('\n');
        }
    }

    fn write_value(&self, out: &mut String, indent: usize) {
        let block = match self {
            Self::List(items) => !items.is_empty(),
            Self::Map(entries) => !entries.is_empty(),
            _ => false,
        };
        if !block {
            out.push(' ');
        }
        self.write(out, indent);
    }

    fn inline(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Flag(flag) => flag.to_string(),
            Self::Count(count) => count.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => scalar(text),
            Self::List(_) => "[]".to_owned(),
            Self::Map(_) => "{}".to_owned(),
        }
    }
}

/// Starts a line, unless this is the first one or follows the dash of a list item.
fn break_line(out: &mut String, indent: usize) {
    if out.ends_with('-') {
        out.push(' ');
    } else if !out.is_empty() {
        out.push('\n');
        out.push_str(&" ".repeat(indent));
    }
}

/// Plain where no reader could take it for something else, else quoted as in JSON, which is YAML.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(plain)
        && !text.ends_with('-');
    let reserved = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let duration = super::duration::parse(text).is_ok() || super::size::parse(text).is_some();
    if (word && !reserved.contains(&text.to_ascii_lowercase().as_str())) || duration {
        return text.to_owned();
    }
    serde_json::Value::from(text)
        .to_string()
        .replace('\u{7f}', "\\u007f")
}

impl Serialize for Effective {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Count(count) => serializer.serialize_u64(*count),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(entries) => {
                serializer.collect_map(entries.iter().map(|(key, value)| (key, value)))
            }
        }
    }
}
