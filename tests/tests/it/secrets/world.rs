//! Primaries and proxies that say back every secret they are given, in every way they can.

use nbu_sim::{Fault, Identity, Population, Route, Sim, SimBuilder};
use nbu_tests::{Manner, Proxy, Watched, configuration};

use super::spelling::{basic, percent, spellings};

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

        let http2 = talkative("http2", sim(), &spellings(KEY)).await;
        let http1 = talkative("http1", sim().tls(false), &spellings(FILE)).await;
        http1.write("key", FILE);
        let session = [spellings(PASSWORD), spellings(TOKEN)].concat();
        let session1 = talkative("session1", sim().tls(false), &session).await;
        let session2 = talkative("session2", sim(), &session).await;
        let rejected = talkative("rejected", sim(), &spellings(REJECTED)).await;
        let sessions = [
            (session1, PASSWORD, true),
            (session2, PASSWORD, true),
            (rejected, REJECTED, false),
        ];
        let mut primaries = vec![http2.credential(&key()), http1];
        for (watched, password, accepted) in sessions {
            watched.write("password", password);
            watched
                .sim
                .faults()
                .always(Route::Login, logged_in(accepted, password));
            primaries.push(watched.credential(login));
        }

        let own = [spellings(KEY), spellings(PROXY), basic(USER, PROXY)].concat();
        let tunnel = Proxy::start(Manner::Tunnels).await;
        let declining = Proxy::start(Manner::Says(502, own.join(" "))).await;
        let wanting = Proxy::start(Manner::Says(407, own.join(" "))).await;
        for (name, tls, proxy) in [
            ("tunnelled", true, &tunnel),
            ("declined", true, &declining),
            ("unwanted", true, &wanting),
            ("passed-on", false, &declining),
        ] {
            let address = format!("http://{USER}:{}@{}", percent(PROXY), proxy.address);
            let watched = talkative(name, sim().tls(tls), &own).await;
            let watched = watched.setting(&format!("proxy_url: '{address}'"));
            primaries.push(watched.credential(&key()));
        }

        let mut identity = Identity::default();
        identity.client_certificate = true;
        let certified = talkative("certified", sim().identity(identity), &spellings(KEY)).await;
        let pair = certified.sim.client_certificate().unwrap();
        let tls = "ca_file: DIR/ca.pem, cert_file: DIR/cert.pem, key_file: DIR/key.pem";
        certified.write("cert.pem", &pair.certificate);
        certified.write("key.pem", &pair.key);
        let garbled = talkative("garbled", sim(), &[]).await;
        garbled.write("cert.pem", &pair.certificate);
        garbled.write(
            "key.pem",
            &format!("-----BEGIN PRIVATE KEY-----\n{GARBLED}\n-----END PRIVATE KEY-----\n"),
        );
        primaries.extend([certified, garbled].map(|one| one.tls(tls).credential(&key())));
        let lines = talkative("two-lines", sim(), &[]).await;
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
        sent("http2", KEY, true);
        sent("http1", FILE, false);
        sent("session2", TOKEN, true);
        sent("session1", TOKEN, false);
        sent("tunnelled", KEY, true);
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

fn logged_in(accepted: bool, password: &str) -> Fault {
    let json = "application/vnd.netbackup+json;version=12.0";
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    if accepted {
        let token = quoted(TOKEN);
        let session = format!(r#"{{"token":{token},"tokenType":"BEARER","validity":3600}}"#);
        return answer(201, json, session);
    }
    let message = quoted(&format!("{} is wrong", spellings(password).join(" ")));
    answer(
        401,
        json,
        format!(r#"{{"errorCode":8000,"errorMessage":{message}}}"#),
    )
}

/// A primary that says these things instead of answering: in messages, in bodies of other kinds, in headers, in its reason.
async fn talkative(name: &str, sim: SimBuilder, says: &[String]) -> Watched {
    let watched = Watched::start(name, sim).await;
    let json = "application/vnd.netbackup+json;version=12.0";
    let said = says.join(" ");
    let quoted = serde_json::to_string(&said).unwrap();
    let refused = format!(
        r#"{{"errorCode":1,"errorMessage":{quoted},"attributeErrors":{{"a":{quoted}}},"errorDetails":[{quoted}]}}"#
    );
    let header = |name: &str, value: String| (name.to_owned(), value);
    let faults = watched.sim.faults();
    let text = "text/plain";
    faults.always(Route::Jobs, answer(400, json, refused.clone()));
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
            .map(|name| header(name, said.clone()))
            .to_vec(),
            body: said.clone().into(),
        },
    );
    faults.always(
        Route::DiskPools,
        answer(200, &format!("text/{said}"), said.clone()),
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
            body: said.clone().into(),
        },
    );
    faults.always(Route::Policies, answer(403, json, refused));
    faults.always(
        Route::UniquePolicyClients,
        answer(200, json, format!(r#"{{"data":[{said}"#)),
    );
    let raw = format!("HTTP/1.1 500 {said}\r\nX-Said: {said}\r\nContent-Length: 0\r\n\r\n");
    faults.always(Route::PausedClients, Fault::Raw(raw.into()));
    faults.always(
        Route::ServerInfo,
        answer(404, "text/html", format!("<title>{said}</title>")),
    );
    faults.always(Route::Logout, answer(401, text, said));
    let known = r#"{"data":{"attributes":{"subject":"somebody"}}}"#;
    faults.always(
        Route::AuthorizationContext,
        answer(200, json, known.to_owned()),
    );
    watched
}
