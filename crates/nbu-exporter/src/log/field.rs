//! Fields of events and spans, as they are collected.

use std::error::Error;
use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Needs quoting and escaping.
    Text(String),
    /// A number or a boolean that reads the same in logfmt and in JSON.
    Literal(String),
}

/// Fields in the order in which they were recorded; of two with one name the later one is kept.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    /// The text of the event.
    pub(super) message: String,
    /// Everything else.
    pub(super) rest: Vec<(&'static str, Value)>,
}

impl Fields {
    /// Adds a field, or gives it its new value.
    pub(super) fn put(&mut self, name: &'static str, value: Value) {
        match self.rest.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.rest.push((name, value)),
        }
    }

    fn text(&mut self, field: &Field, text: String) {
        if field.name() == "message" {
            self.message = text;
        } else {
            self.put(field.name(), Value::Text(text));
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value.to_owned());
    }

    /// The whole chain: our errors do not repeat their cause.
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            let before = text.len();
            // Writing to a string cannot fail.
            let _ = write!(text, ": {error}");
            // Some libraries do repeat it.
            if text[..before].ends_with(&text[before + 2..]) {
                text.truncate(before);
            }
            cause = error.source();
        }
        self.text(field, text);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), Value::Literal(value.to_string()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), Value::Literal(value.to_string()));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.put(field.name(), Value::Literal(value.to_string()));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.put(field.name(), Value::Literal(value.to_string()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), Value::Literal(value.to_string()));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        let text = value.to_string();
        // JSON has no word for what is not finite.
        let value = if value.is_finite() {
            Value::Literal(text)
        } else {
            Value::Text(text)
        };
        self.put(field.name(), value);
    }
}
