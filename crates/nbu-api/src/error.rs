//! Error bodies.

use serde_json::Value;

/// What an error answer says beside its HTTP status, as far as it can be read.
///
/// The HTTP status is authoritative; this is for people. Texts are one line without control
/// characters, cut to [`ErrorBody::LONGEST`] characters.
///
/// ```
/// use nbu_api::ErrorBody;
///
/// let body = ErrorBody::parse(br#"{"errorCode": 8952, "errorMessage": "no such media type", "errorDetails": []}"#);
/// assert_eq!(body.code, Some(8952));
/// assert_eq!(body.message.as_deref(), Some("no such media type"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorBody {
    /// `errorCode`.
    pub code: Option<i64>,
    /// `errorMessage`, or the start of an answer in plain text. Never HTML.
    pub message: Option<String>,
    /// `errorDetails`, `details` and `attributeErrors`, one line each; at most [`ErrorBody::MOST_DETAILS`].
    pub details: Vec<String>,
}

impl ErrorBody {
    /// Characters kept of a message or a detail.
    pub const LONGEST: usize = 300;

    /// Details kept.
    pub const MOST_DETAILS: usize = 8;

    /// A larger body is no error message; it is not even parsed.
    const LARGEST: usize = 256 * 1024;

    /// Reads what there is; anything at all is accepted.
    pub fn parse(body: &[u8]) -> Self {
        Self::parse_with(body, &str::to_owned)
    }

    /// The same, with every text handed to `wash` as it was sent, before anything of it is cut off: a secret that the
    /// primary echoes can be taken out, while a cut would leave the beginning of it unrecognised.
    ///
    /// ```
    /// use nbu_api::ErrorBody;
    ///
    /// let body = ErrorBody::parse_with(br#"{"errorMessage": "bad key hunter2"}"#, &|text| text.replace("hunter2", "…"));
    /// assert_eq!(body.message.as_deref(), Some("bad key …"));
    /// ```
    pub fn parse_with(body: &[u8], wash: &dyn Fn(&str) -> String) -> Self {
        if body.len() > Self::LARGEST {
            return Self::default();
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Self::from_fields(&fields, wash),
            Ok(Value::String(text)) => Self {
                message: line(&wash(&text)),
                ..Self::default()
            },
            Ok(_) => Self::default(),
            Err(_) => Self {
                message: plain_text(body, wash),
                ..Self::default()
            },
        }
    }

    fn from_fields(fields: &serde_json::Map<String, Value>, wash: &dyn Fn(&str) -> String) -> Self {
        let mut details = Vec::new();
        for key in ["errorDetails", "details", "attributeErrors"] {
            flatten(fields.get(key), wash, &mut details);
        }
        // Some answers of bulk operations carry a list of errors instead.
        let first = fields
            .get("errors")
            .and_then(|errors| errors.get(0))
            .and_then(Value::as_object);
        let nested = first
            .map(|fields| Self::from_fields(fields, wash))
            .unwrap_or_default();
        Self {
            code: fields.get("errorCode").and_then(whole).or(nested.code),
            message: fields
                .get("errorMessage")
                .and_then(Value::as_str)
                .and_then(|text| line(&wash(text)))
                .or(nested.message),
            details,
        }
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "codes are small; a float past the range saturates"
        )]
        _ => value.as_i64().or_else(|| {
            value
                .as_f64()
                .filter(|code| code.fract() == 0.0)
                .map(|code| code as i64)
        }),
    }
}

/// Lists give a line per element, objects one per key, texts themselves.
fn flatten(value: Option<&Value>, wash: &dyn Fn(&str) -> String, details: &mut Vec<String>) {
    let lines: Vec<String> = match value {
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(|value| scalar(value, wash))
            .collect(),
        Some(Value::Object(fields)) => fields
            .iter()
            .filter_map(|(name, value)| named(name, value, wash))
            .collect(),
        Some(other) => scalar(other, wash).into_iter().collect(),
        None => Vec::new(),
    };
    let room = ErrorBody::MOST_DETAILS.saturating_sub(details.len());
    details.extend(lines.into_iter().take(room));
}

fn named(name: &str, value: &Value, wash: &dyn Fn(&str) -> String) -> Option<String> {
    scalar(value, wash).and_then(|text| line(&format!("{}: {text}", wash(name))))
}

fn scalar(value: &Value, wash: &dyn Fn(&str) -> String) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => line(&wash(text)),
        other => line(&wash(&other.to_string())),
    }
}

/// Text that is no JSON, unless it is a web page: a proxy speaks then, not the primary.
fn plain_text(body: &[u8], wash: &dyn Fn(&str) -> String) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('<') || text.starts_with('{') || text.starts_with('[') {
        None
    } else {
        line(&wash(text))
    }
}

/// One printable line: runs of white space and control characters become one blank.
fn line(text: &str) -> Option<String> {
    let clean = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(4 * ErrorBody::LONGEST);
    let words: String = clean.collect();
    let joined = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = joined.chars().take(ErrorBody::LONGEST).collect();
    (!cut.is_empty()).then_some(cut)
}
