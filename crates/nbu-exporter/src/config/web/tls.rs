//! `tls_server_config`.

use super::pem::Pem;
use super::suites::{self, Choice, Curve, Suite};
use super::versions::{self, Versions};
use crate::config::section::Section;
use crate::config::suggestion;
use crate::config::value::Fault;

/// How TLS is spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerTls {
    /// The certificate with its chain.
    pub certificate: Pem,
    /// The private key that belongs to it.
    pub key: Pem,
    /// What is asked of clients.
    pub client_auth: ClientAuth,
    /// `client_auth_type` was given.
    pub names_client_auth: bool,
    /// The authorities of the clients' certificates; `None` for the system's authorities.
    pub client_ca: Option<Pem>,
    /// The names of which a client's certificate must have one; `None` for any.
    pub client_names: Option<Vec<String>>,
    /// The versions that are spoken.
    pub versions: Versions,
    /// The suites of TLS 1.2, preferred ones first; `None` for all.
    pub suites: Option<Vec<Suite>>,
    /// Whether our order of the suites counts.
    pub our_order: bool,
    /// The curves, preferred ones first; `None` for all.
    pub curves: Option<Vec<Curve>>,
}

/// What is asked of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientAuth {
    /// No certificate.
    #[default]
    None,
    /// A certificate, which may be anybody's or missing.
    Request,
    /// A certificate, which may be anybody's.
    RequireAny,
    /// A certificate, which may be missing but not be anybody's.
    VerifyIfGiven,
    /// A certificate of the client CA, or of the system's authorities where there is none.
    RequireAndVerify,
}

impl ClientAuth {
    /// Whether the certificate must be one of the client CA.
    pub fn verifies(self) -> bool {
        matches!(self, Self::VerifyIfGiven | Self::RequireAndVerify)
    }

    /// Whether there must be a certificate.
    pub fn requires(self) -> bool {
        matches!(self, Self::RequireAny | Self::RequireAndVerify)
    }
}

/// The words for [`ClientAuth`]; the second of those that require any is an older spelling.
pub(super) const CLIENT_AUTH: &[&str] = &[
    "NoClientCert",
    "RequestClientCert",
    "RequireAnyClientCert",
    "RequireClientCert",
    "VerifyClientCertIfGiven",
    "RequireAndVerifyClientCert",
];

const MEANINGS: [ClientAuth; 6] = [
    ClientAuth::None,
    ClientAuth::Request,
    ClientAuth::RequireAny,
    ClientAuth::RequireAny,
    ClientAuth::VerifyIfGiven,
    ClientAuth::RequireAndVerify,
];

/// `None` where TLS is off, or where what it needs is missing, which has been told.
pub(super) fn tls(section: &Section<'_>, http2: bool) -> Option<ServerTls> {
    let certificate = Pem::of(section, "cert", "cert_file");
    let key = Pem::of(section, "key", "key_file");
    let client_ca = Pem::of(section, "client_ca", "client_ca_file");
    let client_auth = client_auth(section);
    let versions = versions::versions(section);
    let (suites, curves) = (suites::suites(section), suites::curves(section));
    let our_order = section.flag("prefer_server_cipher_suites");
    let names = section.items("client_allowed_sans", |text| Ok(text.to_owned()));
    let client_names = section.given("client_allowed_sans").map(|_| names);

    let on = [
        "cert",
        "cert_file",
        "key",
        "key_file",
        "client_ca",
        "client_ca_file",
        "client_auth_type",
    ]
    .into_iter()
    .any(|name| section.tried(name));
    if !on {
        if let Some(name) = first_given(section) {
            section.warning(
                name,
                "has no effect: without a certificate and a key TLS is off",
            );
        }
        return None;
    }
    missing(section, certificate.as_ref(), "cert", "cert_file");
    missing(section, key.as_ref(), "key", "key_file");
    clients(
        section,
        client_auth,
        client_ca.as_ref(),
        client_names.is_some(),
    );
    usable(section, versions?, &suites, &curves, http2);
    Some(ServerTls {
        certificate: certificate?,
        key: key?,
        client_auth: client_auth?,
        names_client_auth: section.tried("client_auth_type"),
        client_ca,
        client_names,
        versions: versions?,
        suites: suites.listed.then_some(suites.spoken),
        our_order,
        curves: Some(curves.spoken).filter(|spoken| !spoken.is_empty()),
    })
}

/// The first key that was given although TLS is off.
fn first_given(section: &Section<'_>) -> Option<&'static str> {
    [
        "min_version",
        "max_version",
        "cipher_suites",
        "curve_preferences",
        "client_allowed_sans",
    ]
    .into_iter()
    .find(|name| section.given(name).is_some())
}

fn missing(section: &Section<'_>, given: Option<&Pem>, inline: &str, file: &str) {
    if given.is_none() && !(section.tried(inline) || section.tried(file)) {
        section.problem(
            file,
            format!("missing one of {inline} or {file}"),
            "TLS needs both a certificate and a key: name the PEM file",
        );
    }
}

fn client_auth(section: &Section<'_>) -> Option<ClientAuth> {
    let parse = |text: &str| {
        if text.is_empty() {
            return Ok(0);
        }
        let index = CLIENT_AUTH.iter().position(|word| *word == text);
        index.ok_or_else(|| {
            let remedy = suggestion::remedy(text, CLIENT_AUTH.iter().copied());
            Fault::new("is an invalid ClientAuth", remedy)
        })
    };
    // A wrong word is no word: what follows from the default would only be told on top.
    let index = match section.given("client_auth_type") {
        Some(given) => section.parse(&given, parse)?,
        None => 0,
    };
    MEANINGS.get(index).copied()
}

fn clients(
    section: &Section<'_>,
    client_auth: Option<ClientAuth>,
    client_ca: Option<&Pem>,
    names: bool,
) {
    let Some(client_auth) = client_auth else {
        return;
    };
    if client_ca.is_some() && client_auth == ClientAuth::None {
        section.problem(
            "client_auth_type",
            "client CA's have been configured without a Client Auth Policy",
            "write for example client_auth_type: RequireAndVerifyClientCert",
        );
        // The next error, unless it is reported now.
        if let Some(problem) = client_ca.and_then(|pem| pem.read().err()) {
            section.report(problem);
        }
    }
    if client_ca.is_some() && !client_auth.verifies() && client_auth != ClientAuth::None {
        section.warning(
            "client_auth_type",
            "anybody's certificate is accepted, not only one of the client CA",
        );
    }
    if client_auth.verifies() && client_ca.is_none() && !section.tried("client_ca_file") {
        section.warning(
            "client_auth_type",
            "there is no client_ca_file: a certificate of any authority that the operating system trusts is accepted",
        );
    }
    if names && client_auth == ClientAuth::None {
        section.problem(
            "client_allowed_sans",
            "client_allowed_sans requires client_auth_type to be one of RequireAnyClientCert or RequireAndVerifyClientCert",
            "without a certificate there is no name to compare: require one",
        );
    } else if names && !client_auth.requires() {
        section.warning(
            "client_allowed_sans",
            "a certificate is required, although client_auth_type leaves it to the client: without one there is no name to compare",
        );
    }
}

/// Whether anything is left to speak.
fn usable(
    section: &Section<'_>,
    versions: Versions,
    suites: &Choice<Suite>,
    curves: &Choice<Curve>,
    http2: bool,
) {
    if curves.listed && curves.spoken.is_empty() {
        section.warning(
            "curve_preferences",
            "none of these curves is spoken here: X25519, CurveP256 and CurveP384 are used in their place",
        );
    }
    match versions {
        Versions::Tls13 => {}
        _ if http2 && !suites.serves_http2() => section.problem(
            "cipher_suites",
            "TLSConfig.CipherSuites is missing an HTTP/2-required AES_128_GCM cipher",
            "add TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 or TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, or write http_server_config: {http2: false}",
        ),
        Versions::Tls12 if !suites.serves_tls12() => section.problem(
            "cipher_suites",
            "none of these suites is spoken here, and TLS 1.3, which has its own, is off",
            "add for example TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        ),
        _ if !suites.serves_tls12() => section.warning(
            "cipher_suites",
            "none of these suites is spoken here: only clients of TLS 1.3 can connect",
        ),
        _ => {}
    }
}
