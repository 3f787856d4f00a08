//! Certificates and keys out of the text of a PEM file; what is wrong with a text that holds none.

use std::borrow::Cow;
use std::fmt;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::zeroize::Zeroizing;

use super::Certificate;

const MARK: &[u8] = b"\xef\xbb\xbf";
const BEGIN: &[u8] = b"-----BEGIN ";
/// The longest label of a block that is shown, in characters.
const LABEL: usize = 40;

/// A fault in the text of a PEM file. The words follow the name of the file; none of its content is among them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PemProblem {
    /// There is nothing in it.
    Empty,
    /// It is UTF-16.
    Utf16,
    /// Its lines end in a backslash and an `n`.
    EscapedLineEnds,
    /// Its blocks do not begin at the start of a line.
    Indented,
    /// It is a certificate in DER.
    Der,
    /// It is binary, and nothing that is known here.
    Binary,
    /// A block is damaged.
    Damaged(&'static str),
    /// The private key needs a passphrase.
    Encrypted,
    /// It holds a block of this kind, and none that is wanted.
    Holds(String),
    /// It is text without a PEM block.
    NoBlock,
}

impl fmt::Display for PemProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty; write the PEM blocks into it",
            Self::Utf16 => "is UTF-16 text; save it as ASCII or UTF-8",
            Self::EscapedLineEnds => {
                "has \\n written out where its lines should end, as in JSON or an environment variable; put a line end in the place of each (printf '%b' does)"
            }
            Self::Indented => {
                "has PEM blocks that do not begin at the start of a line; remove what stands before -----BEGIN"
            }
            Self::Der => {
                "is a certificate in DER form, not PEM; convert it with openssl x509 -inform der"
            }
            Self::Binary => {
                "is binary (a PKCS#12 or Java key store, or DER), not PEM; export the certificates and the key from it as PEM"
            }
            Self::Damaged(how) => {
                return write!(
                    f,
                    "is not valid PEM: {how}; copy it anew, each block with its BEGIN and END lines"
                );
            }
            Self::Encrypted => {
                "holds an encrypted private key; decrypt it with openssl pkey and protect the file instead"
            }
            Self::Holds(what) => return write!(f, "holds {what} instead"),
            Self::NoBlock => "is text without a PEM block; copy the file anew, with its BEGIN and END lines",
        })
    }
}

/// The certificates in a PEM text, in their order; at least one.
pub(super) fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemProblem> {
    let text = text_of(text)?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| damaged(&error, &text))?;
    if found.is_empty() {
        return Err(problem(&text));
    }
    Ok(found)
}

/// The first private key in a PEM text.
pub(super) fn private_key(text: &[u8]) -> Result<PrivateKeyDer<'static>, PemProblem> {
    let text = Zeroizing::new(text_of(text)?.into_owned());
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        pem::Error::NoItemsFound => problem(&text),
        error => damaged(&error, &text),
    })
}

/// The text without byte order marks: one begins a file, and each further file that was appended to it.
pub(super) fn without_marks(text: &[u8]) -> Cow<'_, [u8]> {
    if !has(text, MARK) {
        return Cow::Borrowed(text);
    }
    let mut clean = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        if let Some(after) = rest.strip_prefix(MARK) {
            rest = after;
        } else {
            clean.push(*first);
            rest = after;
        }
    }
    Cow::Owned(clean)
}

fn text_of(text: &[u8]) -> Result<Cow<'_, [u8]>, PemProblem> {
    let is_utf16 = matches!(text, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
        || matches!(text, [b'-', 0, ..] | [0, b'-', ..]);
    if is_utf16 {
        return Err(PemProblem::Utf16);
    }
    let text = without_marks(text);
    // One line that holds the line ends of many: no block of it can be read, or only a damaged one.
    let is_escaped = lines(&text).any(|line| has(line, BEGIN) && has(line, b"\\n"));
    if is_escaped {
        return Err(PemProblem::EscapedLineEnds);
    }
    Ok(text)
}

/// Why there is nothing in `text` that could be used.
fn problem(text: &[u8]) -> PemProblem {
    if text.trim_ascii().is_empty() {
        return PemProblem::Empty;
    }
    let labels: Vec<String> = lines(text).filter_map(label).collect();
    // A key tells more than the certificates that stand with it.
    let of_kind = |end: &str| labels.iter().find(|label| label.ends_with(end));
    let telling = of_kind("ENCRYPTED PRIVATE KEY").or_else(|| of_kind("PRIVATE KEY"));
    if let Some(label) = telling.or(labels.first()) {
        return of_label(label);
    }
    if has(text, BEGIN) {
        return PemProblem::Indented;
    }
    if text.first() == Some(&0x30) && Certificate::of(text).not_after.is_some() {
        return PemProblem::Der;
    }
    match std::str::from_utf8(text) {
        Ok(text) if !text.contains('\0') => PemProblem::NoBlock,
        _ => PemProblem::Binary,
    }
}

/// The label of the block that begins with this line.
fn label(line: &[u8]) -> Option<String> {
    let label = String::from_utf8_lossy(line.strip_prefix(BEGIN)?);
    Some(label.trim_end().trim_end_matches('-').to_owned())
}

/// The problem of a file that has this block, and none that is wanted.
fn of_label(label: &str) -> PemProblem {
    let what = match label {
        "CERTIFICATE" => "a certificate".to_owned(),
        "ENCRYPTED PRIVATE KEY" => return PemProblem::Encrypted,
        "OPENSSH PRIVATE KEY" => {
            "a private key in the form of OpenSSH (ssh-keygen -p -m PKCS8 -f converts it)"
                .to_owned()
        }
        "DSA PRIVATE KEY" => "a DSA key, which TLS no longer takes,".to_owned(),
        key if key.ends_with("PRIVATE KEY") => "a private key".to_owned(),
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => {
            "a certificate request (CSR), for which a certificate is yet to be issued,".to_owned()
        }
        "PUBLIC KEY" | "RSA PUBLIC KEY" => "a public key".to_owned(),
        "X509 CRL" => "a revocation list".to_owned(),
        "PKCS7" | "CMS" => {
            "a PKCS#7 bundle (openssl pkcs7 -print_certs takes out its certificates)".to_owned()
        }
        "TRUSTED CERTIFICATE" | "X509 CERTIFICATE" => {
            "a certificate in another form (openssl x509 converts it)".to_owned()
        }
        other => {
            let other: String = other.chars().take(LABEL).collect();
            format!("a block {other:?}")
        }
    };
    PemProblem::Holds(what)
}

/// A block that cannot be read, in words: the library shows bytes.
fn damaged(error: &pem::Error, text: &[u8]) -> PemProblem {
    if has(text, b"ENCRYPTED") {
        return PemProblem::Encrypted;
    }
    PemProblem::Damaged(match error {
        pem::Error::MissingSectionEnd { .. } => "a block has no END line",
        pem::Error::IllegalSectionStart { .. } => "a BEGIN line does not end in five dashes",
        pem::Error::Base64Decode(_) => "the lines of a block are not Base64",
        pem::Error::SectionTooLarge => "a block is too long",
        _ => "a block is damaged",
    })
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| matches!(byte, b'\n' | b'\r'))
}

fn has(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
