//! Primaries and proxies that say back every secret they are given, in every way they can.

use nbu_sim::{Fault, Identity, Population, Route, Sim, SimBuilder};
use nbu_tests::{Manner, Proxy, Watched, configuration};

use super::spelling::{basic, percent, said, spellings};

// Each has characters that are written in another way in JSON, in a url and on a page.
const KEY: &str = r#"in-line-key"\/<&>%41-0123456789"#;
const FILE: &str = r#"key-in-file"\/<&>-0123456789"#;
const PASSWORD: &str = r#"password"\/<&>-0123456789"#;
const REJECTED: &str = r#"rejected-password"\/<&>-0123456789"#;
const TOKEN: &str = r#"token"\/<&>.0123456789"#;
const PROXY: &str = r#"proxy-password"/<&>-0123456789"#;
const TWO_LINES: &str = "first-line-0123456789\nsecond-line-0123456789";
const GARBLED: &str = "Z2FyYmxlZC1rZXktbWF0ZXJpYWwtMDEyMzQ1Njc4OQ==";

const USER: &str = "proxy-user";

/// Everything that may be asked, and everything that must not be told.
pub(super) struct World {
    pub(super) primaries: Vec<Watched>,
    pub(super) proxies: Vec<Proxy>,
    /// What to look for, and what it is.
    pub(super) secrets: Vec<(&'static str, String)>,
}

impl World {
    pub(super) async fn new() -> Self {
        let key = || format!("api_key: '{KEY}'");
        let login =
            "login: {domain_type: unixpwd, user_name: monitor, password_file: DIR/password}";

        let mut primaries = Vec::new();
        // One spelling at a time: a text that holds one in percent-encoding goes as a whole, and would hide the others.
        for (number, says) in said(KEY).into_iter().enumerate() {
            let watched = talkative(&format!("http2-{number}"), sim(), &says).await;
            primaries.push(watched.credential(&key()));
        }
        for (number, says) in said(FILE).into_iter().enumerate() {
            let name = format!("http1-{number}");
            let watched = talkative(&name, sim().tls(false), &says).await;
            watched.write("key", FILE);
            primaries.push(watched);
        }
        let session = |number: usize| format!("{} {}", said(PASSWORD)[number], said(TOKEN)[number]);
        for number in 0..4 {
            for (name, tls) in [("session1", false), ("session2", true)] {
                let name = format!("{name}-{number}");
                let watched = talkative(&name, sim().tls(tls), &session(number)).await;
                watched.write("password", PASSWORD);
                watched.sim.faults().always(Route::Login, logged_in());
                primaries.push(watched.credential(login));
            }
        }
        for (number, says) in said(REJECTED).into_iter().enumerate() {
            let watched = talkative(&format!("rejected-{number}"), sim(), &says).await;
            watched.write("password", REJECTED);
            watched
                .sim
                .faults()
                .always(Route::Login, refused(401, &says));
            primaries.push(watched.credential(login));
        }

        let sent = basic(USER, PROXY)[0].clone();
        let tunnel = Proxy::start(Manner::Tunnels).await;
        let declining = Proxy::start(Manner::Says(502, sent.clone())).await;
        let wanting = Proxy::start(Manner::Says(407, said(PROXY)[1].clone())).await;
        let behind = said(PROXY).into_iter().chain([sent]).enumerate();
        let behind =
            behind.map(|(number, says)| (format!("tunnelled-{number}"), says, true, &tunnel));
        let own = || said(KEY)[0].clone();
        let further = [
            ("declined".to_owned(), own(), true, &declining),
            ("unwanted".to_owned(), own(), true, &wanting),
            ("passed-on".to_owned(), own(), false, &declining),
            ("stopped".to_owned(), own(), false, &wanting),
        ];
        for (name, says, tls, proxy) in behind.chain(further) {
            let address = format!("http://{USER}:{}@{}", percent(PROXY), proxy.address);
            let watched = talkative(&name, sim().tls(tls), &says).await;
            let watched = watched.setting(&format!("proxy_url: '{address}'"));
            primaries.push(watched.credential(&key()));
        }

        let certified = certified().await;
        let pair = certified[0].sim.client_certificate().unwrap();
        primaries.extend(certified);
        let lines = talkative("two-lines", sim(), "").await;
        lines.write("key", TWO_LINES);
        primaries.push(lines);

        let mut secrets = Vec::new();
        for (what, secret) in [
            ("the key in the configuration", KEY),
            ("the key in a file", FILE),
            ("the password", PASSWORD),
            ("the rejected password", REJECTED),
            ("the token", TOKEN),
            ("the proxy's password", PROXY),
            ("the garbled private key", GARBLED),
        ] {
            secrets.extend(
                spellings(secret)
                    .into_iter()
                    .map(|spelling| (what, spelling)),
            );
        }
        let sent = basic(USER, PROXY).into_iter();
        secrets.extend(sent.map(|sent| ("the proxy's password, as it is sent", sent)));
        let lines = TWO_LINES
            .lines()
            .map(|line| ("a line of a secret file", line.to_owned()));
        secrets.extend(lines);
        let key = pair.key.lines().filter(|line| !line.starts_with("-----"));
        secrets.extend(key.map(|line| ("the private key", line.to_owned())));
        Self {
            primaries,
            proxies: vec![tunnel, declining, wanting],
            secrets,
        }
    }

    pub(super) fn configuration(&self) -> String {
        configuration(&self.primaries)
    }

    /// The secrets were used: there is something to be told.
    pub(super) fn assert_that_they_were_sent(&self) {
        let sent = |primary: &str, secret: &str, http2: bool| {
            let watched = self.primaries.iter().find(|one| one.name == primary);
            let seen = watched.unwrap().sim.requests();
            let found = seen
                .iter()
                .any(|seen| seen.header("authorization") == Some(secret) && seen.http2 == http2);
            assert!(found, "{secret} was not sent to {primary}");
        };
        sent("http2-0", KEY, true);
        sent("http1-0", FILE, false);
        sent("session2-0", TOKEN, true);
        sent("session1-0", TOKEN, false);
        sent("tunnelled-0", KEY, true);
        sent("certified", KEY, true);
        let basic = &basic(USER, PROXY)[0];
        for proxy in &self.proxies {
            let heads = proxy.heads().concat();
            assert!(heads.contains(basic), "{heads}");
        }
    }

    /// Where `text` tells a secret.
    pub(super) fn told(&self, text: &[u8]) -> Option<String> {
        self.secrets.iter().find_map(|(what, secret)| {
            let length = secret.len();
            let at = text
                .windows(length)
                .position(|window| window == secret.as_bytes())?;
            let (from, to) = (at.saturating_sub(200), text.len().min(at + length + 100));
            let around = String::from_utf8_lossy(&text[from..to]).into_owned();
            Some(format!("{what} ({secret}): …{around}…"))
        })
    }
}

/// Two with client certificates, the key of the second of which is none.
async fn certified() -> [Watched; 2] {
    let identity = Identity {
        client_certificate: true,
        ..Identity::default()
    };
    let certified = talkative("certified", sim().identity(identity), KEY).await;
    let pair = certified.sim.client_certificate().unwrap();
    let tls = "ca_file: DIR/ca.pem, cert_file: DIR/cert.pem, key_file: DIR/key.pem";
    certified.write("cert.pem", &pair.certificate);
    certified.write("key.pem", &pair.key);
    let garbled = talkative("garbled", sim(), "").await;
    garbled.write("cert.pem", &pair.certificate);
    garbled.write(
        "key.pem",
        &format!("-----BEGIN PRIVATE KEY-----\n{GARBLED}\n-----END PRIVATE KEY-----\n"),
    );
    let key = format!("api_key: '{KEY}'");
    [certified, garbled].map(|one| one.tls(tls).credential(&key))
}

fn sim() -> SimBuilder {
    Sim::builder().population(Population::empty())
}

fn answer(status: u16, content_type: &str, body: String) -> Fault {
    Fault::Answer {
        status,
        content_type: Some(content_type.to_owned()),
        headers: Vec::new(),
        body: body.into(),
    }
}

const JSON: &str = "application/vnd.netbackup+json;version=12.0";

fn logged_in() -> Fault {
    let token = serde_json::to_string(TOKEN).unwrap();
    let session = format!(r#"{{"token":{token},"tokenType":"BEARER","validity":3600}}"#);
    answer(201, JSON, session)
}

/// A refusal in JSON, with this in every place that a text may have.
fn refused(status: u16, said: &str) -> Fault {
    let quoted = serde_json::to_string(said).unwrap();
    let body = format!(
        r#"{{"errorCode":1,"errorMessage":{quoted},"attributeErrors":{{"a":{quoted}}},"errorDetails":[{quoted}]}}"#
    );
    answer(status, JSON, body)
}

/// A primary that says this instead of answering: in messages, in bodies of other kinds, in headers, in its reason.
async fn talkative(name: &str, sim: SimBuilder, said: &str) -> Watched {
    let watched = Watched::start(name, sim).await;
    let header = |name: &str, value: String| (name.to_owned(), value);
    let faults = watched.sim.faults();
    let text = "text/plain";
    faults.always(Route::Jobs, refused(400, said));
    faults.always(
        Route::StorageUnits,
        Fault::Answer {
            status: 500,
            content_type: Some(text.to_owned()),
            headers: [
                "x-said",
                "www-authenticate",
                "set-cookie",
                "x-request-id",
                "retry-after",
            ]
            .map(|name| header(name, said.to_owned()))
            .to_vec(),
            body: said.to_owned().into(),
        },
    );
    faults.always(
        Route::DiskPools,
        answer(200, &format!("text/{said}"), said.to_owned()),
    );
    faults.always(
        Route::StorageServers,
        Fault::Answer {
            status: 307,
            content_type: None,
            headers: vec![header(
                "location",
                format!("https://x.example.com/?a={said}"),
            )],
            body: said.to_owned().into(),
        },
    );
    faults.always(Route::Policies, refused(403, said));
    faults.always(
        Route::UniquePolicyClients,
        answer(200, JSON, format!(r#"{{"data":[{said}"#)),
    );
    let raw = format!("HTTP/1.1 500 {said}\r\nX-Said: {said}\r\nContent-Length: 0\r\n\r\n");
    faults.always(Route::PausedClients, Fault::Raw(raw.into()));
    faults.always(
        Route::ServerInfo,
        answer(404, "text/html", format!("<title>{said}</title>")),
    );
    faults.always(Route::Logout, answer(401, text, said.to_owned()));
    let known = r#"{"data":{"attributes":{"subject":"somebody"}}}"#;
    faults.always(
        Route::AuthorizationContext,
        answer(200, JSON, known.to_owned()),
    );
    watched
}
