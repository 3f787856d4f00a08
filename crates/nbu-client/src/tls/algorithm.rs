//! The names of signature algorithms.

use x509_parser::der_parser::asn1_rs::{FromDer as _, Oid};
use x509_parser::objects::{oid_registry, oid2sn};

/// The name of the algorithm whose identifier, without its outer frame, is `der`: the one that OpenSSL prints.
pub(super) fn name(der: &[u8]) -> String {
    let Ok((_, oid)) = Oid::from_der(der) else {
        return "an unknown algorithm".to_owned();
    };
    match oid2sn(&oid, oid_registry()) {
        Ok(name) => name.to_owned(),
        // The registry does not know it.
        Err(_) if oid.to_id_string() == "1.2.840.10045.4.1" => "ecdsa-with-SHA1".to_owned(),
        Err(_) => format!("the algorithm {oid}"),
    }
}
