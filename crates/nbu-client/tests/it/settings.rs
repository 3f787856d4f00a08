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

#[test]
fn settings_that_cannot_work_are_refused_when_the_client_is_built() {
    for empty in ["", "no certificate in here", "\0\0"] {
        let told = build(with_ca(empty)).unwrap_err();
        assert!(told.contains("holds no certificate"), "{told}");
    }
    let good = ca().pem();
    let cut = &good[..good.len() / 2];
    assert!(build(with_ca(cut)).unwrap_err().contains("not valid PEM"));
    let noise = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let told = build(with_ca(format!("{good}{noise}"))).unwrap_err();
    assert!(told.contains("certificate 2 of the CA file"), "{told}");

    let mut tls = trusting(&ca());
    tls.server_name = Some("not a name".to_owned());
    assert!(build(tls).unwrap_err().contains("\"not a name\""));
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
    assert!(told.contains("key file holds no unencrypted"), "{told}");
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let told = identified(&certificate, encrypted);
    assert!(told.contains("key file holds no unencrypted"), "{told}");
    let told = identified("", encrypted);
    assert!(told.contains("certificate file holds no"), "{told}");
}
