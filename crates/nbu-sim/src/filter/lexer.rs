//! Splits a filter into tokens.

/// A token of the filter language.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// An attribute, operator, function or keyword.
    Word(String),
    /// A quoted literal, quotes removed and doubled quotes undone.
    Text(String),
    Integer(i64),
    Number(f64),
    /// A bare UTC point in time, in milliseconds.
    Time(i64),
    Open,
    Close,
    Comma,
}

pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut rest = text.trim_start();
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            '\'' => quoted(rest)?,
            c if c.is_ascii_digit() || c == '-' => number(rest)?,
            c if c.is_ascii_alphabetic() || c == '_' => word(rest),
            other => return Err(format!("unexpected '{other}'")),
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn quoted(text: &str) -> Result<(Token, usize), String> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != '\'' {
            value.push(c);
        } else if chars.next_if(|&(_, next)| next == '\'').is_some() {
            value.push('\'');
        } else {
            return Ok((Token::Text(value), at + 1));
        }
    }
    Err("a string does not end".to_owned())
}

fn number(text: &str) -> Result<(Token, usize), String> {
    let length = text
        .find(|c: char| c.is_whitespace() || "(),".contains(c))
        .unwrap_or(text.len());
    let raw = &text[..length];
    let token = raw
        .parse()
        .map(Token::Integer)
        .ok()
        .or_else(|| time(raw))
        .or_else(|| {
            raw.parse()
                .ok()
                .filter(|n: &f64| n.is_finite())
                .map(Token::Number)
        })
        .ok_or_else(|| format!("'{raw}' is neither a number nor a UTC time"))?;
    Ok((token, length))
}

fn time(raw: &str) -> Option<Token> {
    if !raw.ends_with('Z') || !raw.contains('T') {
        return None;
    }
    let time: jiff::Timestamp = raw.parse().ok()?;
    Some(Token::Time(time.as_millisecond()))
}

fn word(text: &str) -> (Token, usize) {
    let length = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || "_/.".contains(c)))
        .unwrap_or(text.len());
    (Token::Word(text[..length].to_owned()), length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals() {
        assert_eq!(
            tokens("a ge 2026-03-02T06:00:00.000Z").unwrap()[2],
            Token::Time(1_772_431_200_000)
        );
        assert_eq!(
            tokens("a eq 'O''Hara'").unwrap()[2],
            Token::Text("O'Hara".to_owned())
        );
        assert_eq!(tokens("a eq -99").unwrap()[2], Token::Integer(-99));
        assert_eq!(tokens("a eq 1.5").unwrap()[2], Token::Number(1.5));
        assert!(tokens("a eq 'x").is_err());
        assert!(tokens("a eq 2026-03-02").is_err());
        assert!(tokens("a eq 2026-03-02T06:00:00+01:00").is_err());
        assert!(tokens("a = 1").is_err());
    }
}
