//! What a client's certificate says about its owner.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{CertificateError, Error};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

/// The alternative names: DNS, e-mail, IP address and URI, each as it would be written.
pub(super) fn of(certificate: &CertificateDer<'_>) -> Result<Vec<String>, Error> {
    let parsed = parse(certificate)?;
    let names = parsed
        .subject_alternative_name()
        .map_err(|_| unreadable())?;
    let names = names.map_or(&[][..], |extension| &extension.value.general_names);
    Ok(names.iter().filter_map(written).collect())
}

/// Whether the certificate is valid at this time.
pub(super) fn is_valid_at(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let parsed = parse(certificate)?;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let validity = parsed.validity();
    if now < validity.not_before.timestamp() {
        Err(Error::InvalidCertificate(CertificateError::NotValidYet))
    } else if now > validity.not_after.timestamp() {
        Err(Error::InvalidCertificate(CertificateError::Expired))
    } else {
        Ok(())
    }
}

fn parse<'a>(certificate: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, Error> {
    match X509Certificate::from_der(certificate) {
        Ok(([], parsed)) => Ok(parsed),
        _ => Err(unreadable()),
    }
}

fn unreadable() -> Error {
    Error::InvalidCertificate(CertificateError::BadEncoding)
}

fn written(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(text) | GeneralName::RFC822Name(text) | GeneralName::URI(text) => {
            Some((*text).to_owned())
        }
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(four).into());
    }
    let sixteen = <[u8; 16]>::try_from(bytes).ok()?;
    Some(Ipv6Addr::from(sixteen).into())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair, SanType};

    use super::*;

    fn certificate() -> CertificateDer<'static> {
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![
            SanType::DnsName("a.example.com".try_into().unwrap()),
            SanType::Rfc822Name("ops@example.com".try_into().unwrap()),
            SanType::URI("spiffe://example.com/a".try_into().unwrap()),
            SanType::IpAddress("192.0.2.7".parse().unwrap()),
            SanType::IpAddress("2001:db8::7".parse().unwrap()),
        ];
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2030, 1, 1);
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().clone()
    }

    #[test]
    fn each_name_is_as_it_would_be_written() {
        let names = of(&certificate()).unwrap();
        let expected = [
            "a.example.com",
            "ops@example.com",
            "spiffe://example.com/a",
            "192.0.2.7",
            "2001:db8::7",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn it_is_valid_in_its_time_only() {
        let certificate = certificate();
        let at = |seconds| {
            is_valid_at(
                &certificate,
                UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
            )
        };
        assert!(at(1_577_836_799).is_err() && at(1_577_836_800).is_ok());
        assert!(at(1_893_456_000).is_ok() && at(1_893_456_001).is_err());
        assert!(at(u64::MAX).is_err());
    }

    proptest! {
        /// A client may show anything before anybody knows who it is.
        #[test]
        fn a_damaged_certificate_gets_an_answer(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in any::<prop::sample::Index>()) {
            let mut bytes = certificate().to_vec();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let whole = CertificateDer::from(bytes.clone());
            let _ = of(&whole);
            let _ = is_valid_at(&whole, UnixTime::since_unix_epoch(Duration::ZERO));
            bytes.truncate(cut.index(bytes.len()));
            prop_assert!(of(&CertificateDer::from(bytes)).is_err());
        }
    }
}
