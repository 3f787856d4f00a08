//! The answers of a server to clients, as the toolkit's own tests expect them.
//!
//! Their server has an RSA key and ours one for ECDSA, so the suites have ECDSA in their names. Their table has most cases
//! twice, the second time with the configuration handed over inside the program; a file is all that we have.

use super::super::{NOTHING, Site, TLS, tls_with, until};
use super::hello::{Answer, Hello, get};
use nbu_tests::{Authority, Exporter, Launch, Pair, Visitor};
use rcgen::SanType;
use rustls::crypto::ring::{cipher_suite, kx_group};
use rustls::{AlertDescription, CipherSuite};

/// Any suite of TLS 1.2.
const SUITE_128: CipherSuite = CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
const ALL_CIPHERS: &str = "cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, TLS_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_AES_256_CBC_SHA, TLS_RSA_WITH_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_256_GCM_SHA384]";
const TWO_CIPHERS: &str = "cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]";
const TWO_OTHER_WAY: &str = "cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]";
const TLS12: [&str; 2] = ["min_version: TLS12", "max_version: TLS12"];
const OPTIONAL: &str = "client_auth_type: VerifyClientCertIfGiven";

/// TLS with these lines more, where certificates of clients are verified by the system's authorities.
fn good(lines: &[&str]) -> String {
    tls_with(&[&[OPTIONAL][..], lines].concat())
}

fn old(lines: &[&str]) -> String {
    good(&[lines, &TLS12].concat())
}

async fn answer(site: &Site, exporter: &Exporter, change: impl FnOnce(&mut Visitor)) -> Answer {
    let mut visitor = site.visitor();
    visitor.http2 = false;
    change(&mut visitor);
    let (address, tls) = (exporter.address().to_owned(), visitor.tls());
    tokio::task::spawn_blocking(move || get(&address, tls))
        .await
        .unwrap()
}

async fn said(exporter: &Exporter, hello: Hello) -> Answer {
    let address = exporter.address().to_owned();
    tokio::task::spawn_blocking(move || hello.say(&address))
        .await
        .unwrap()
}

fn is_200(answer: &Answer) -> bool {
    matches!(answer, Answer::Status(200, _))
}

#[tokio::test]
async fn plain_and_tls_clients_of_plain_and_tls_ports() {
    let site = Site::new();
    let modern = || Hello {
        version: 0x0303,
        suites: &[0xc02b, 0xc02f],
        curves: &[23, 29],
    };
    // No file at all: a default client is answered, one that speaks TLS gets HTTP back.
    let plain = Launch::with_config(NOTHING).start().await;
    assert_eq!(plain.request("/").await.status(), 200);
    assert_eq!(said(&plain, modern()).await, Answer::Status(400, None));

    let tls = site.start(&good(&[])).await;
    let refused = tls.request("/").await;
    assert_eq!(refused.status(), 400);
    assert!(refused.text().await.unwrap().contains("HTTP"));
    assert!(is_200(&answer(&site, &tls, |_| ()).await));
    // TLS 1.1.
    let old = Hello {
        version: 0x0302,
        ..modern()
    };
    let expected = Answer::Alert(AlertDescription::ProtocolVersion);
    assert_eq!(said(&tls, old).await, expected);

    let server = site.authority.server();
    let indented = |pem: &str| pem.trim_end().replace('\n', "\n    ");
    let (certificate, key) = (indented(&server.certificate), indented(&server.key));
    let inline = format!("tls_server_config:\n  cert: |\n    {certificate}\n  key: |\n    {key}\n");
    let inline = site.start(&inline).await;
    assert!(is_200(&answer(&site, &inline, |_| ()).await));
}

#[tokio::test]
async fn suites_are_negotiated_as_the_file_says() {
    let site = Site::new();
    let only = |visitor: &mut Visitor, suites: &[rustls::SupportedCipherSuite]| {
        visitor.provider.cipher_suites = suites.to_vec();
        visitor.versions = vec![&rustls::version::TLS12];
    };
    let one = [cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256];
    let two = [
        cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    ];
    let all = site.start(&good(&[ALL_CIPHERS])).await;
    assert!(is_200(&answer(&site, &all, |_| ()).await));

    let expected = Answer::Status(200, Some(SUITE_128));
    let some = site.start(&old(&[TWO_CIPHERS])).await;
    assert_eq!(answer(&site, &some, |it| only(it, &one)).await, expected);
    assert_eq!(answer(&site, &some, |it| only(it, &two)).await, expected);
    // A client of CBC only.
    let cbc = Hello {
        version: 0x0303,
        suites: &[0xc00a, 0xc014],
        curves: &[23],
    };
    let failure = Answer::Alert(AlertDescription::HandshakeFailure);
    assert_eq!(said(&some, cbc).await, failure);

    let by_client = [TWO_OTHER_WAY, "prefer_server_cipher_suites: false"];
    let by_client = site.start(&old(&by_client)).await;
    assert_eq!(
        answer(&site, &by_client, |it| only(it, &two)).await,
        expected
    );

    // Without HTTP/2 its own suite is not needed; with it, it is.
    let narrow = old(&["cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]"]);
    let http1 = format!("{narrow}http_server_config: {{http2: false}}\n");
    let http1 = site.start(&http1).await;
    assert!(is_200(&answer(&site, &http1, |_| ()).await));
    for file in [
        narrow,
        good(&[
            "cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]",
            "max_version: TLS12",
        ]),
    ] {
        let ran = site.launch(&file).run().await;
        assert_eq!(ran.code, Some(2), "{file}");
        let words = "TLSConfig.CipherSuites is missing an HTTP/2-required";
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}

#[tokio::test]
async fn curves_are_those_of_the_file_as_far_as_there_are_any() {
    let site = Site::new();
    let all = "curve_preferences: [CurveP256, CurveP384, CurveP521, X25519, X25519MLKEM768]";
    let all = site.start(&good(&[all])).await;
    assert!(is_200(&answer(&site, &all, |_| ()).await));

    // Two cases that cannot be: nothing here speaks P-521, for want of it in ring. The file starts, with the other curves and
    // a warning, so a client of P-521 alone is refused (there: answered), and one of P-384 answered (there: refused).
    let some = ["min_version: TLS13", "curve_preferences: [CurveP521]"];
    let some = site.start(&good(&some)).await;
    let warning = some.logged("none of these curves is spoken here").await;
    assert!(
        warning.contains("level=warn") && some.log().contains("CurveP521"),
        "{warning}"
    );
    let p521 = Hello {
        version: 0x0304,
        suites: &[0x1301],
        curves: &[25],
    };
    let failure = Answer::Alert(AlertDescription::HandshakeFailure);
    assert_eq!(said(&some, p521).await, failure);
    let p384 = |it: &mut Visitor| it.provider.kx_groups = vec![kx_group::SECP384R1];
    assert!(is_200(&answer(&site, &some, p384).await));

    // The same with a curve that there is.
    let some = ["min_version: TLS13", "curve_preferences: [CurveP256]"];
    let some = site.start(&good(&some)).await;
    let p256 = |it: &mut Visitor| it.provider.kx_groups = vec![kx_group::SECP256R1];
    assert!(is_200(&answer(&site, &some, p256).await));
    assert_eq!(answer(&site, &some, p384).await, failure);
}

#[tokio::test]
async fn certificates_of_clients_are_asked_for_as_the_file_says() {
    let site = Site::new();
    let own = Pair::self_signed();
    site.write("client.pem", &own.certificate);
    let shows = |pair: &Pair| {
        let pair = pair.clone();
        move |it: &mut Visitor| it.shows = Some(pair)
    };
    let any = tls_with(&[
        "client_auth_type: RequireAnyClientCert",
        "client_ca_file: ca.pem",
    ]);
    let key = site.authority.server();
    let key_inline = any.replace(
        "key_file: server.key",
        &format!("key: |\n    {}", key.key.trim_end().replace('\n', "\n    ")),
    );
    for file in [any, key_inline] {
        site.install(&key);
        let exporter = site.start(&file).await;
        assert!(
            is_200(&answer(&site, &exporter, shows(&own)).await),
            "{file}"
        );
    }
    let verified = [
        "client_auth_type: RequireAndVerifyClientCert",
        "client_ca_file: client.pem",
    ];
    let exporter = site.start(&tls_with(&verified)).await;
    assert!(is_200(&answer(&site, &exporter, shows(&own)).await));

    let named = |names: &str| {
        tls_with(&[
            "client_auth_type: RequireAndVerifyClientCert",
            "client_ca_file: ca.pem",
            &format!("client_allowed_sans: {names}"),
        ])
    };
    let pair = site
        .authority
        .issue(vec![SanType::DnsName("two".try_into().unwrap())]);
    let exporter = site.start(&named("[one, two, three]")).await;
    assert!(is_200(&answer(&site, &exporter, shows(&pair)).await));
    let exporter = site.start(&named("[bad]")).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let answered = answer(&site, &exporter, |it| {
            it.versions = vec![version];
            shows(&pair)(it);
        });
        let expected = Answer::Alert(AlertDescription::BadCertificate);
        assert_eq!(answered.await, expected);
    }
}

#[tokio::test]
async fn without_a_client_ca_the_system_s_authorities_are_taken() {
    let site = Site::new();
    let (known, stranger) = (
        site.authority.issue(Vec::new()),
        Authority::new("stranger").issue(Vec::new()),
    );
    let system = site.path().join("ca.pem").display().to_string();
    // A directory of none.
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().display().to_string();
    for (policy, without) in [
        ("VerifyClientCertIfGiven", true),
        ("RequireAndVerifyClientCert", false),
    ] {
        let file = tls_with(&[&format!("client_auth_type: {policy}")]);
        let launch = site.launch(&file).environment("SSL_CERT_FILE", &system);
        let exporter = launch.environment("SSL_CERT_DIR", &directory).start().await;
        exporter.logged("there is no client_ca_file").await;
        assert_eq!(
            is_200(&answer(&site, &exporter, |_| ()).await),
            without,
            "{policy}"
        );
        let shows = |pair: Pair| move |it: &mut Visitor| it.shows = Some(pair);
        assert!(
            is_200(&answer(&site, &exporter, shows(known.clone())).await),
            "{policy}"
        );
        let expected = Answer::Alert(AlertDescription::UnknownCA);
        assert_eq!(
            answer(&site, &exporter, shows(stranger.clone())).await,
            expected
        );
    }
    // A system without any: nobody is known.
    let none = site.path().join("empty.pem").display().to_string();
    site.write("empty.pem", "");
    let launch = site.launch(&good(&[])).environment("SSL_CERT_FILE", &none);
    let exporter = launch.environment("SSL_CERT_DIR", &directory).start().await;
    assert!(is_200(&answer(&site, &exporter, |_| ()).await));
    let shows = |it: &mut Visitor| it.shows = Some(known);
    assert!(!is_200(&answer(&site, &exporter, shows).await));
}

#[tokio::test]
async fn names_need_a_certificate_even_where_the_policy_leaves_it_to_the_client() {
    let site = Site::new();
    let pair = |name: &str| {
        site.authority
            .issue(vec![SanType::DnsName(name.try_into().unwrap())])
    };
    for policy in ["VerifyClientCertIfGiven", "RequestClientCert"] {
        let policy = format!("client_auth_type: {policy}");
        let lines = [
            &*policy,
            "client_ca_file: ca.pem",
            "client_allowed_sans: [one]",
        ];
        let exporter = site.start(&tls_with(&lines)).await;
        exporter.logged("a certificate is required").await;
        let shows = |pair: Option<Pair>| move |it: &mut Visitor| it.shows = pair;
        assert!(is_200(
            &answer(&site, &exporter, shows(Some(pair("one")))).await
        ));
        let wrong = answer(&site, &exporter, shows(Some(pair("two")))).await;
        assert_eq!(wrong, Answer::Alert(AlertDescription::BadCertificate));
        let none = answer(&site, &exporter, shows(None)).await;
        assert_eq!(none, Answer::Alert(AlertDescription::CertificateRequired));
    }
}

#[tokio::test]
async fn a_policy_is_relaxed_while_the_exporter_runs() {
    let site = Site::new();
    let blocking = "client_auth_type: RequireAndVerifyClientCert";
    let exporter = site.start(&tls_with(&[blocking])).await;
    assert!(!is_200(&answer(&site, &exporter, |_| ()).await));
    site.write("web.yml", &good(&[]));
    until("that no certificate is needed", || async {
        is_200(&answer(&site, &exporter, |_| ()).await)
    })
    .await;
}

#[tokio::test]
async fn headers_and_rate_limits() {
    let site = Site::new();
    let headers = "http_server_config:\n  headers:\n    X-Frame-Options: deny\n    Strict-Transport-Security: max-age=31536000; includeSubDomains\n    X-Content-Type-Options: nosniff\n    X-XSS-Protection: 1\n    Content-Security-Policy: \"default-src 'self' *.example.net\"\n";
    let exporter = site.start(headers).await;
    let answer = exporter.request("/").await;
    for (name, value) in [
        (
            "strict-transport-security",
            "max-age=31536000; includeSubDomains",
        ),
        ("x-frame-options", "deny"),
        ("x-content-type-options", "nosniff"),
        ("x-xss-protection", "1"),
    ] {
        assert_eq!(answer.headers()[name], value);
    }
    for (line, words) in [
        ("X-Content-Type-Options: x", "invalid value for"),
        ("X-Frame-Options: x", "invalid value for"),
        ("Server: x", "HTTP header \"Server\" can not be configured"),
    ] {
        let file = format!("http_server_config: {{headers: {{{line}}}}}\n");
        let ran = site.launch(&file).run().await;
        assert!(
            ran.code == Some(2) && ran.stderr.contains(words),
            "{}",
            ran.stderr
        );
    }
    let unlimited = site.start("rate_limit: {interval: 0, burst: 0}\n").await;
    for _ in 0..11 {
        assert_eq!(unlimited.request("/").await.status(), 200);
    }
    let nothing = site
        .start("rate_limit: {interval: \"1s\", burst: 0}\n")
        .await;
    nothing.logged("every request is refused").await;
    for _ in 0..11 {
        let refused = nothing.request("/").await;
        assert_eq!(refused.status(), 429);
        assert!(refused.text().await.unwrap().contains("Too Many Requests"));
    }
    // TLS needs no more than a certificate and a key: versions have defaults.
    let exporter = site.start(TLS).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let answered = self::answer(&site, &exporter, |it| it.versions = vec![version]).await;
        assert!(is_200(&answered));
    }
}
