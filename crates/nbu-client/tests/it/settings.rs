//! What is configured about TLS, good and bad.

use nbu_client::{Client, ClientIdentity, TlsFault, TlsSettings};

use crate::certificates::{ca, client, fault, primary, trusting};
use crate::server::within;

/// What is said when a client is built with these settings: nothing, or why not.
fn build(tls: TlsSettings) -> Result<(), String> {
    let url = "https://nbu.example.com:1556/netbackup".parse().unwrap();
    Client::builder("paris", url)
        .tls(tls)
        .build()
        .map(drop)
        .map_err(|error| {
            let cause = std::error::Error::source(&error)
                .map(ToString::to_string)
                .unwrap_or_default();
            format!("{error}: {cause}")
        })
}

fn with_ca(pem: impl Into<Vec<u8>>) -> TlsSettings {
    let mut tls = TlsSettings::default();
    tls.ca_pem = Some(pem.into());
    tls
}

#[tokio::test]
async fn any_authority_of_a_bundle_will_do() {
    let (first, second, third) = (ca(), ca(), ca());
    let notes = "# the authorities of all our primaries\n";
    let bundle = |cas: &[&crate::certificates::Ca]| {
        let pems: Vec<String> = cas.iter().map(|ca| ca.pem()).collect();
        with_ca(format!("{notes}{}", pems.join("\r\n")))
    };
    for ca in [&first, &second, &third] {
        let server = primary(ca, "127.0.0.1", |_| {}).await;
        let all = bundle(&[&first, &second, &third]);
        within(client(&server, all).ping()).await.unwrap();
        let others = [&first, &second, &third].into_iter();
        let others: Vec<_> = others.filter(|other| other.pem() != ca.pem()).collect();
        assert_eq!(fault(&server, bundle(&others)).await, TlsFault::UnknownCa);
    }
}

/// What is in the file, and the words that say so.
#[test]
fn a_pem_file_that_holds_nothing_usable_is_told_for_what_it_is() {
    let ca = ca();
    let good = ca.pem();
    let key = rcgen::KeyPair::generate().unwrap();
    let request = rcgen::CertificateParams::new(vec!["nbu.example.com".to_owned()])
        .unwrap()
        .serialize_request(&key)
        .unwrap()
        .pem()
        .unwrap();
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked: Vec<u8> = [&[0xff, 0xfe][..], &utf16].concat();
    let text = |text: &str| text.as_bytes().to_vec();
    let table: Vec<(Vec<u8>, &str)> = vec![
        (text(""), "is empty"),
        (text(" \n"), "is empty"),
        (text("\u{feff}"), "is empty"),
        (
            text("no certificate in here"),
            "is text without a PEM block",
        ),
        (b"\0\0".to_vec(), "is binary"),
        (ca.der().to_vec(), "is a certificate in DER form"),
        (b"PK\x03\x04\xfe\xed".to_vec(), "is binary"),
        (utf16, "is UTF-16 text"),
        (marked, "is UTF-16 text"),
        (
            text(&good.trim().replace('\n', "\\n")),
            "has \\n written out",
        ),
        (
            text(&good.trim().replace("\r\n", "\\r\\n").replace('\n', "\\n")),
            "has \\n written out",
        ),
        (
            text(&good.replace("-----BEGIN", "  -----BEGIN")),
            "do not begin at the start of a line",
        ),
        (text(&good[..good.len() / 2]), "has no END line"),
        (
            text(&good.replace("CERTIFICATE-----", "CERTIFICATE---")),
            "not end in five dashes",
        ),
        (text(&good.replacen('M', "\u{fc}", 1)), "not Base64"),
        (text(&key.serialize_pem()), "holds a private key instead"),
        (text(&request), "holds a certificate request (CSR)"),
        (text(&label("PUBLIC KEY")), "holds a public key instead"),
        (text(&label("X509 CRL")), "holds a revocation list instead"),
        (text(&label("PKCS7")), "openssl pkcs7 -print_certs"),
        (
            text(&label("OPENSSH THING")),
            "holds a block \"OPENSSH THING\" instead",
        ),
    ];
    for (content, words) in table {
        let told = build(with_ca(content.clone())).unwrap_err();
        assert!(
            told.contains("the CA file") && told.contains(words),
            "{told}"
        );
        assert!(!told.contains('['), "no bytes: {told}");
        // The client certificate is read the same way.
        let mut tls = TlsSettings::default();
        tls.identity = Some(ClientIdentity {
            certificate_pem: content,
            key_pem: key.serialize_pem().into(),
        });
        let told = build(tls).unwrap_err();
        assert!(
            told.contains("client certificate file") && told.contains(words),
            "{told}"
        );
    }
}

/// A block with this label, and nothing in it.
fn label(label: &str) -> String {
    format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n")
}

#[test]
fn a_file_without_a_usable_key_is_told_for_what_it_is() {
    let good = ca().pem();
    let key = rcgen::KeyPair::generate().unwrap();
    let keys = [
        (good.clone(), "holds a certificate instead"),
        (label("ENCRYPTED PRIVATE KEY"), "openssl pkey"),
        (
            format!("{good}{}", label("ENCRYPTED PRIVATE KEY")),
            "openssl pkey",
        ),
        (
            format!("{good}{}", label("OPENSSH PRIVATE KEY")),
            "holds a private key in the form of OpenSSH",
        ),
        (label("DSA PRIVATE KEY"), "holds a DSA key"),
        (
            label("RSA PRIVATE KEY").replace("AAAA", "Proc-Type: 4,ENCRYPTED\n\nAAAA"),
            "openssl pkey",
        ),
        (
            key.serialize_pem().trim().replace('\n', "\\n"),
            "has \\n written out",
        ),
    ];
    for (content, words) in keys {
        let mut tls = TlsSettings::default();
        tls.identity = Some(ClientIdentity {
            certificate_pem: good.clone().into_bytes(),
            key_pem: content.into(),
        });
        let told = build(tls).unwrap_err();
        assert!(
            told.contains("client key file") && told.contains(words),
            "{told}"
        );
    }
}

#[tokio::test]
async fn byte_order_marks_are_skipped() {
    let (first, second) = (ca(), ca());
    // Two files that an editor has marked, one behind the other.
    let both = format!("\u{feff}{}\u{feff}{}", first.pem(), second.pem());
    for ca in [&first, &second] {
        let server = primary(ca, "127.0.0.1", |_| {}).await;
        within(client(&server, with_ca(both.clone())).ping())
            .await
            .unwrap();
    }
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "client");
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let mut tls = TlsSettings::default();
    tls.identity = Some(ClientIdentity {
        certificate_pem: format!("\u{feff}{}", certificate.pem()).into_bytes(),
        key_pem: format!("\u{feff}{}", key.serialize_pem()).into(),
    });
    build(tls).unwrap();
}

#[test]
fn settings_that_cannot_work_are_refused_when_the_client_is_built() {
    let good = ca().pem();
    let noise = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let told = build(with_ca(format!("{good}{noise}"))).unwrap_err();
    assert!(told.contains("certificate 2 of the CA file"), "{told}");
    assert!(told.contains("(it is damaged)"), "{told}");
    is_about_a_file(&told);

    let mut tls = trusting(&ca());
    tls.server_name = Some("not a name".to_owned());
    assert!(build(tls).unwrap_err().contains("\"not a name\""));
}

/// There is no primary yet that could be to blame, and no handshake.
fn is_about_a_file(told: &str) {
    for words in ["of the primary", "handshake"] {
        assert!(!told.contains(words), "{told}");
    }
}

#[test]
fn an_identity_that_cannot_be_used_says_which_half_is_to_blame() {
    let identified = |certificate: &str, key: &str| {
        let mut tls = trusting(&ca());
        tls.identity = Some(ClientIdentity {
            certificate_pem: certificate.as_bytes().to_vec(),
            key_pem: key.to_owned().into(),
        });
        build(tls).unwrap_err()
    };
    let certificate = ca().pem();
    let told = identified(&certificate, "");
    assert!(told.contains("client key file is empty"), "{told}");
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let told = identified("", encrypted);
    assert!(told.contains("certificate file is empty"), "{told}");

    let noise = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
    let told = identified(&certificate, &noise("PRIVATE KEY"));
    assert!(told.contains("EdDSA"), "{told}");
    is_about_a_file(&told);
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let told = identified(&noise("CERTIFICATE"), &key);
    assert!(told.contains("it is damaged"), "{told}");
    is_about_a_file(&told);
}
