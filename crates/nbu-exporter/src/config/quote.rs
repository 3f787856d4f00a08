//! Showing what a user wrote.

/// `text` in quotes where it has anything unusual in it, cut when long: safe for a terminal and a log line.
pub(super) fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.<".contains(c);
    if !text.is_empty() && text.len() <= SHOWN && text.chars().all(plain) {
        text.to_owned()
    } else {
        always(text)
    }
}

/// Like [`quote`], with quotes in any case.
pub(super) fn always(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// Most characters shown.
const SHOWN: usize = 60;

/// `text` with its control characters written out, for what is shown without quotes.
pub(super) fn printable(text: &str) -> String {
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    let written = |c: char| match c {
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    };
    text.chars().map(written).collect()
}
