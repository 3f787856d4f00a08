//! The signed part of a certificate, cut into its fields.

use super::der::{EXTENSIONS, INTEGER, SEQUENCE, VERSION, element, elements};

/// The fields that are read here, each as the content of its element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signed<'a> {
    pub(super) issuer: &'a [u8],
    pub(super) validity: &'a [u8],
    pub(super) subject: &'a [u8],
    pub(super) public_key: &'a [u8],
    /// A list of extensions; empty where there are none.
    pub(super) extensions: &'a [u8],
}

impl<'a> Signed<'a> {
    /// `None` for bytes that are no certificate.
    pub(super) fn of(certificate: &'a [u8]) -> Option<Self> {
        let (signed, _) =
            element(certificate, SEQUENCE).and_then(|(inner, _)| element(inner, SEQUENCE))?;
        let rest = element(signed, VERSION).map_or(signed, |(_, rest)| rest);
        // Serial number and signature algorithm.
        let (_, rest) = element(rest, INTEGER)?;
        let (_, rest) = element(rest, SEQUENCE)?;
        let (issuer, rest) = element(rest, SEQUENCE)?;
        let (validity, rest) = element(rest, SEQUENCE)?;
        let (subject, rest) = element(rest, SEQUENCE)?;
        let (public_key, rest) = element(rest, SEQUENCE)?;
        let extensions = elements(rest)
            .find(|(kind, _)| *kind == EXTENSIONS)
            .and_then(|(_, inner)| element(inner, SEQUENCE))
            .map_or(&[][..], |(list, _)| list);
        Some(Self {
            issuer,
            validity,
            subject,
            public_key,
            extensions,
        })
    }
}
