use std::sync::LazyLock;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

use super::*;
use crate::config::web::{ClientAuth, WebConfig};

const USERS: &str = "basic_auth_users:\n  alice: $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi\n  bob: $2b$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi\n";
const TLS: &str = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n";

/// PEM of two authorities, and of a server's certificate and key.
struct Pems {
    authorities: [String; 2],
    certificate: String,
    key: String,
}

static PEMS: LazyLock<Pems> = LazyLock::new(|| {
    let authority = |name: &str| {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let (first, second) = (authority("first"), authority("second"));
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::default().signed_by(&key, &first);
    Pems {
        authorities: [first.pem(), second.pem()],
        certificate: server.unwrap().pem(),
        key: key.serialize_pem(),
    }
});

struct Site {
    directory: TempDir,
    poller: ConfigPoller,
    current: Standing,
}

impl Site {
    /// `web` is in force.
    fn new(web: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut site = Self {
            directory,
            poller: ConfigPoller::default(),
            current: Standing::default(),
        };
        site.write("server.pem", &PEMS.certificate);
        site.write("server.key", &PEMS.key);
        site.write("ca.pem", &PEMS.authorities.concat());
        site.write("web.yml", web);
        site.current = Standing::read(&site.path("web.yml")).unwrap();
        site
    }

    fn path(&self, file: &str) -> std::path::PathBuf {
        self.directory.path().join(file)
    }

    fn write(&self, file: &str, content: &str) {
        std::fs::write(self.path(file), content).unwrap();
    }

    fn poll(&mut self) -> Option<Poll> {
        self.poller.poll(&self.path("web.yml"), &self.current)
    }

    fn said(&mut self) -> &'static str {
        match self.poll() {
            None => "nothing",
            Some(Poll::Changed(next)) => {
                self.current = next;
                "changed"
            }
            Some(Poll::Recovered) => "recovered",
            Some(Poll::Failed(_)) => "failed",
        }
    }

    /// The configuration that two polls put in force, if any.
    fn settled(&mut self) -> Option<Standing> {
        self.poller = ConfigPoller::default();
        assert!(self.poll().is_none(), "one poll decides nothing");
        match self.poll() {
            Some(Poll::Changed(next)) => Some(next),
            _ => None,
        }
    }
}

/// A client: whether it shows a certificate of the client CA, of a stranger or none, with an allowed name or another one,
/// and whether it has a password.
#[derive(Debug, Clone, Copy)]
struct Client {
    certificate: Option<(bool, bool)>,
    password: bool,
}

fn clients() -> impl Iterator<Item = Client> {
    let certificates = [
        None,
        Some((false, false)),
        Some((false, true)),
        Some((true, false)),
        Some((true, true)),
    ];
    certificates.into_iter().flat_map(|certificate| {
        [false, true].map(|password| Client {
            certificate,
            password,
        })
    })
}

fn admits(config: &WebConfig, client: Client) -> bool {
    let by_password = config.users.is_empty() || client.password;
    let Some(tls) = &config.tls else {
        return by_password;
    };
    let named = tls.client_names.is_some();
    let by_certificate = match client.certificate {
        None => !tls.client_auth.requires() && !named,
        Some(_) if tls.client_auth == ClientAuth::None => true,
        // The system's authorities issue certificates to strangers.
        Some((known, allowed)) => {
            (known || !tls.client_auth.verifies() || tls.client_ca.is_none()) && (allowed || !named)
        }
    };
    by_certificate && by_password
}

/// Web files as people write them.
fn files() -> Vec<String> {
    let indented = |pem: &str| pem.trim_end().replace('\n', "\n    ");
    let mutual = |policy: &str, more: &str| {
        format!("{TLS}  client_auth_type: {policy}\n  client_ca_file: ca.pem\n{more}")
    };
    let names = "  client_allowed_sans:\n    - scraper.example.com\n    - ops@example.com\n";
    vec![
        mutual("RequireAndVerifyClientCert", ""),
        mutual("RequireAndVerifyClientCert", &format!("{names}{USERS}")),
        mutual("VerifyClientCertIfGiven", USERS),
        format!("{USERS}{TLS}  client_auth_type: RequireAnyClientCert\n"),
        format!("{USERS}rate_limit: {{interval: 1s, burst: 3}}\n"),
        format!("{TLS}{USERS}http_server_config:\n  headers: {{X-Frame-Options: deny}}\n"),
        "tls_server_config: {cert_file: server.pem, key_file: server.key, client_auth_type: \"RequireAndVerifyClientCert\", client_ca_file: 'ca.pem', client_allowed_sans: [a, b]}".to_owned(),
        format!(
            "tls_server_config:\n  client_auth_type: RequireAndVerifyClientCert\n  client_ca: |\n    {}\n  cert: |\n    {}\n  key: |\n    {}\n",
            indented(&PEMS.authorities[0]),
            indented(&PEMS.certificate),
            indented(&PEMS.key)
        ),
    ]
}

/// Nobody is admitted whom `before` does not admit.
fn assert_no_weaker(what: &str, next: &WebConfig, before: &WebConfig) {
    for client in clients() {
        assert!(
            admits(before, client) || !admits(next, client),
            "{client:?} is admitted by\n{what}"
        );
    }
}

#[test]
fn no_beginning_of_a_file_weakens_it() {
    for web in files() {
        let mut site = Site::new(&web);
        let before = Arc::clone(&site.current.config);
        let inline = web.contains("client_ca: |");
        for cut in (0..web.len()).step_by(if inline { 13 } else { 1 }) {
            let text = &web[..cut];
            site.write("web.yml", text);
            if let Some(next) = site.settled() {
                assert_no_weaker(text, &next.config, &before);
            }
        }
    }
}

#[test]
fn no_beginning_of_a_file_that_is_named_is_used() {
    let mut site = Site::new(&files()[0]);
    let whole = [
        ("server.pem", PEMS.certificate.clone()),
        ("server.key", PEMS.key.clone()),
        ("ca.pem", PEMS.authorities[0].clone()),
    ];
    for (file, content) in whole {
        let good = std::fs::read_to_string(site.path(file)).unwrap();
        for cut in (0..content.trim_end().len()).step_by(5) {
            site.write(file, &content[..cut]);
            assert!(site.settled().is_none(), "{file}: {cut}");
        }
        site.write(file, &good);
    }
    site.write("ca.pem", &PEMS.authorities[0]);
    assert!(site.settled().is_some(), "a whole one is");
}

#[test]
fn restrictions_are_removed_by_a_reload_only_and_changed_at_once() {
    let full = format!(
        "{TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n  client_allowed_sans: [a]\n{USERS}"
    );
    let mut site = Site::new(&full);
    for (from, to, expected) in [
        // Missing.
        ("  client_ca_file: ca.pem\n", "", Some("client_ca_file")),
        (
            "  client_allowed_sans: [a]\n",
            "",
            Some("client_allowed_sans"),
        ),
        (" [a]", "", Some("client_allowed_sans")),
        (USERS, "", Some("basic_auth_users")),
        (USERS, "basic_auth_users: {}\n", Some("basic_auth_users")),
        (
            "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n  client_allowed_sans: [a]\n",
            "",
            Some("client_auth_type"),
        ),
        // Changed.
        ("RequireAndVerify", "RequireAny", None),
        ("[a]", "[b, a]", None),
        ("alice", "carol", None),
        ("  bob:", "  # bob:", None),
        (
            "  client_ca_file: ca.pem\n",
            "  client_ca_file: 'ca.pem'\n",
            None,
        ),
    ] {
        site.write("web.yml", &full.replace(from, to));
        site.poller = ConfigPoller::default();
        assert!(site.poll().is_none(), "{from}");
        match (site.poll(), expected) {
            (Some(Poll::Changed(_)), None) => {}
            (Some(Poll::Failed(error)), Some(key)) => {
                let told = error.to_string();
                assert!(
                    told.contains(&format!("{key}: is not there any more")),
                    "{told}"
                );
                assert!(told.contains("reload (SIGHUP or POST /-/reload)"), "{told}");
                let reloaded = Standing::read(&site.path("web.yml")).unwrap();
                let path = site.path("web.yml");
                assert!(site.current.allows_on_reload(&reloaded, &path).is_ok());
            }
            (other, _) => panic!("{from} → {to}: {other:?}"),
        }
    }
}

#[test]
fn a_change_counts_when_it_is_found_twice_and_a_problem_is_reported_once_as_is_its_end() {
    let good = format!("{TLS}{USERS}");
    let other = format!("{TLS}{USERS}rate_limit: {{interval: 1s, burst: 3}}\n");
    let mut site = Site::new(&good);
    let mut said = Vec::new();
    for web in [
        &good, &other, "half", &other, &other, &other, "a", "a", "a", "b", "a", "b", "b", &other,
        &other, "a", &other, "a", "a", &good, &good, &good,
    ] {
        site.write("web.yml", web);
        said.push(site.said());
    }
    let expected = [
        "nothing",
        "nothing",
        "nothing",
        "nothing",
        "changed",
        "nothing",
        "nothing",
        "failed",
        "nothing",
        "nothing",
        "nothing",
        "nothing",
        "failed",
        "recovered",
        "nothing",
        "nothing",
        "nothing",
        "nothing",
        "failed",
        "nothing",
        "changed",
        "nothing",
    ];
    assert_eq!(said, expected);
    // A named file is watched as well.
    std::fs::remove_file(site.path("server.key")).unwrap();
    assert_eq!((site.said(), site.said()), ("nothing", "failed"));
    site.write("server.key", &PEMS.key);
    assert_eq!((site.said(), site.said()), ("recovered", "nothing"));
}
