//! Clients that prove who they are by a certificate.

use super::{Site, status, tls_with};
use nbu_tests::{Authority, Exporter, Pair, Visitor};
use rcgen::SanType;
use rustls::version::{TLS12, TLS13};

const HEALTHY: &str = "/-/healthy";

/// Whether this client is answered; the same in both versions of TLS.
async fn admitted(site: &Site, exporter: &Exporter, shows: Option<&Pair>) -> bool {
    let mut verdicts = Vec::new();
    for version in [&TLS12, &TLS13] {
        let mut visitor: Visitor = site.visitor();
        visitor.versions = vec![version];
        visitor.shows = shows.cloned();
        verdicts.push(status(visitor.client(), exporter, HEALTHY).await == Some(200));
    }
    assert_eq!(verdicts[0], verdicts[1], "{verdicts:?}");
    verdicts[0]
}

#[tokio::test]
async fn each_policy_admits_whom_it_says() {
    let site = Site::new();
    let known = site.authority.issue(Vec::new());
    let stranger = Authority::new("stranger").issue(Vec::new());
    let expired = site.authority.expired();
    // Nobody's certificate, one of ours, one of somebody else, one that has expired.
    let policies = [
        ("NoClientCert", "", [true, true, true, true]),
        ("RequestClientCert", "", [true, true, true, true]),
        ("RequireAnyClientCert", "", [false, true, true, true]),
        ("RequireClientCert", "", [false, true, true, true]),
        (
            "VerifyClientCertIfGiven",
            "client_ca_file: ca.pem",
            [true, true, false, false],
        ),
        (
            "RequireAndVerifyClientCert",
            "client_ca_file: ca.pem",
            [false, true, false, false],
        ),
    ];
    for (policy, ca, expected) in policies {
        let exporter = site
            .start(&tls_with(&[&format!("client_auth_type: {policy}"), ca]))
            .await;
        let shown = [None, Some(&known), Some(&stranger), Some(&expired)];
        let mut admissions = Vec::new();
        for shows in shown {
            admissions.push(admitted(&site, &exporter, shows).await);
        }
        assert_eq!(admissions, expected, "{policy}\n{}", exporter.log());
    }
}

#[tokio::test]
async fn only_the_names_of_the_list_are_admitted() {
    let site = Site::new();
    let lines = [
        "client_auth_type: RequireAndVerifyClientCert",
        "client_ca_file: ca.pem",
        "client_allowed_sans: [scraper.example.com, ops@example.com, 192.0.2.7, 2001:db8::7, 'spiffe://example.com/prometheus']",
    ];
    let exporter = site.start(&tls_with(&lines)).await;
    let dns = |name: &str| SanType::DnsName(name.try_into().unwrap());
    let mail = |name: &str| SanType::Rfc822Name(name.try_into().unwrap());
    let uri = |name: &str| SanType::URI(name.try_into().unwrap());
    let address = |text: &str| SanType::IpAddress(text.parse().unwrap());
    for (name, expected) in [
        (vec![dns("scraper.example.com")], true),
        (
            vec![dns("other.example.com"), dns("scraper.example.com")],
            true,
        ),
        (vec![mail("ops@example.com")], true),
        (vec![address("192.0.2.7")], true),
        (vec![address("2001:db8::7")], true),
        (vec![uri("spiffe://example.com/prometheus")], true),
        (vec![], false),
        (vec![dns("other.example.com")], false),
        (vec![dns("a.scraper.example.com")], false),
        (vec![mail("scraper.example.com@example.com")], false),
        (vec![address("192.0.2.8")], false),
        (vec![uri("spiffe://example.com/prometheus/")], false),
    ] {
        let shown = format!("{name:?}");
        let pair = site.authority.issue(name);
        assert_eq!(
            admitted(&site, &exporter, Some(&pair)).await,
            expected,
            "{shown}"
        );
    }
    // The right name from somebody else.
    let forged = Authority::new("site").issue(vec![dns("scraper.example.com")]);
    assert!(!admitted(&site, &exporter, Some(&forged)).await);
    assert!(!admitted(&site, &exporter, None).await);
}

#[tokio::test]
async fn a_certificate_that_is_listed_itself_is_as_good_as_one_that_it_issued() {
    let site = Site::new();
    let (own, other) = (Pair::self_signed(), Pair::self_signed());
    let old = Pair::self_signed_and_expired();
    site.write("ca.pem", &format!("{}{}", own.certificate, old.certificate));
    let lines = [
        "client_auth_type: RequireAndVerifyClientCert",
        "client_ca_file: ca.pem",
    ];
    let exporter = site.start(&tls_with(&lines)).await;
    assert!(admitted(&site, &exporter, Some(&own)).await);
    assert!(!admitted(&site, &exporter, Some(&other)).await);
    assert!(!admitted(&site, &exporter, Some(&old)).await);
    // Whoever has only the certificate has nothing.
    let thief = Pair {
        certificate: own.certificate,
        key: other.key,
    };
    assert!(!admitted(&site, &exporter, Some(&thief)).await);
}
