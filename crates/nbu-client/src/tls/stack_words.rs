//! Plain words for what the TLS stack calls by the names of its types.

use super::TlsFault;

/// A certificate's fault by the name it has in the library that verifies chains, which shows nothing else.
pub(super) fn of_webpki(name: &str) -> TlsFault {
    if name == "UnsupportedCertVersion" {
        return TlsFault::OldFormat;
    }
    TlsFault::Unacceptable {
        problem: webpki_problem(name),
        pin_helps: name != "UnsupportedCriticalExtension",
    }
}

/// The same for a sentence about whichever certificate it is.
pub(super) fn webpki_problem(name: &str) -> String {
    let problem = match name {
        "UnsupportedCertVersion" => "it is of X.509 version 1, which is too old",
        "CaUsedAsEndEntity" => {
            "it is an authority (CA:TRUE), which the certificate of no server may be"
        }
        "EndEntityUsedAsCa" => "one that is no authority (CA:FALSE) has issued another",
        "NameConstraintViolation" => "an authority above it may not issue for this name",
        "PathLenConstraintViolated" => {
            "there are more authorities in the chain than one of them allows"
        }
        "UnsupportedCriticalExtension" => "it has a critical extension that is not known here",
        other => return in_words(other),
    };
    problem.to_owned()
}

/// A text of the TLS stack with the names of types taken apart into words, and without bytes.
pub(super) fn in_words(text: &str) -> String {
    let mut words = String::with_capacity(text.len() + 16);
    let mut depth = 0_usize;
    let mut before = ' ';
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        // A name such as EdDSA stays in one piece.
        let is_word = characters.peek().is_some_and(char::is_ascii_lowercase);
        match character {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            upper if upper.is_ascii_uppercase() && before.is_ascii_lowercase() && is_word => {
                words.push(' ');
                words.push(upper.to_ascii_lowercase());
            }
            other => words.push(other),
        }
        before = character;
    }
    words.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_types_become_words_and_bytes_go() {
        for (text, words) in [
            (
                "received fatal alert: InternalError",
                "received fatal alert: Internal error",
            ),
            (
                "UnsupportedThing { signature_algorithm_id: [48, 13, 6], inner: Other { x: 1 } }",
                "Unsupported thing",
            ),
            ("peer sent no certificates", "peer sent no certificates"),
            ("neither RSA nor EdDSA", "neither RSA nor EdDSA"),
            ("]}", ""),
        ] {
            assert_eq!(in_words(text), words);
        }
    }
}
