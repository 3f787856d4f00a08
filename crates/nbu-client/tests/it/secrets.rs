//! Everything at trace level, and a primary that says every secret back in every way it can: none is told on.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, OnceLock};

use nbu_api::endpoint::{DISK_POOLS, JOBS, STORAGE_SERVERS, STORAGE_UNITS};
use nbu_api::{Endpoint, Query};
use nbu_client::{Client, Credential, Login};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::server::{Reply, Seen, Server, within};

const KEY: &str = "trace-key-0123456789";
const PASSWORD: &str = "trace-pass\"word/7&8";
const TOKEN: &str = "trace.token.abcdef";
const PROXY: &str = "trace-proxy-pw";

/// Each secret, and the other forms in which it is sent.
const SECRETS: [&str; 7] = [
    KEY,
    PASSWORD,
    r#"trace-pass\"word/7&8"#,
    "trace-pass%22word%2F7%268",
    TOKEN,
    PROXY,
    "dXNlcjp0cmFjZS1wcm94eS1wdw==",
];

/// Everything that was logged.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<String>>);

impl Visit for Ear {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0.lock().unwrap(), " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Ear {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        write!(self.0.lock().unwrap(), "\n{}", event.metadata().target()).unwrap();
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The older facade, which the HTTP and TLS stacks use too; one for the whole process.
impl log::Log for Ear {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let mut heard = self.0.lock().unwrap();
        writeln!(heard, "{} {}", record.target(), record.args()).unwrap();
    }

    fn flush(&self) {}
}

fn older() -> &'static Ear {
    static EAR: OnceLock<Ear> = OnceLock::new();
    let ear = EAR.get_or_init(Ear::default);
    if log::set_logger(ear).is_ok() {
        log::set_max_level(log::LevelFilter::Trace);
    }
    ear
}

/// Says the secrets back: in the message, in a body that is no JSON, in a header, in the reason, in a cursor.
fn echo(seen: &Seen) -> Reply {
    let quoted = SECRETS[2];
    if seen.is("/admin/jobs") {
        Reply::error(400, 1, &format!("{KEY} {quoted} {TOKEN} {PROXY}"))
    } else if seen.is("/storage/storage-units") {
        let target = format!(
            "https://x.example.com/?a={KEY}&b={}&c={TOKEN}{PROXY}",
            SECRETS[3]
        );
        Reply::status(307).with("Location", target)
    } else if seen.is("/storage/disk-pools") {
        Reply::status(200).with("Content-Type", format!("text/{KEY}{TOKEN}{PROXY}"))
    } else if seen.is("/storage/storage-servers") {
        Reply::status(500).body(format!(
            "{{ {PASSWORD} {quoted} {} {KEY}{TOKEN}",
            SECRETS[6]
        ))
    } else {
        let raw =
            format!("HTTP/1.1 500 {KEY}{TOKEN}{PASSWORD}{PROXY}\r\nContent-Length: 0\r\n\r\n");
        Reply::Raw(raw.into_bytes())
    }
}

async fn everything(client: &Client, said: &mut String) {
    write!(said, "{client:?}").unwrap();
    let endpoints: [&'static Endpoint; 5] = [
        &JOBS,
        &STORAGE_UNITS,
        &DISK_POOLS,
        &STORAGE_SERVERS,
        &nbu_api::endpoint::SERVER_INFO,
    ];
    for endpoint in endpoints {
        let error = within(client.fetch(endpoint, Query::new()))
            .await
            .unwrap_err();
        write!(said, "\n{error} {error:?}").unwrap();
        let mut cause = std::error::Error::source(&error);
        while let Some(beneath) = cause {
            write!(said, " {beneath} {beneath:?}").unwrap();
            cause = beneath.source();
        }
    }
}

#[tokio::test]
async fn no_secret_is_in_any_log_line_error_or_debug_output() {
    let older = older();
    let ear = Ear::default();
    let _heard = tracing::subscriber::set_default(ear.clone());
    let accepted = Arc::new(Mutex::new(true));
    let accepts = Arc::clone(&accepted);
    // Everything goes through it, so it is the proxy as well.
    let server = Server::start(move |seen| {
        let seen = Seen {
            target: seen.target.replace("http://nbu.example.com", ""),
            ..seen.clone()
        };
        if seen.is("/ping") {
            return Reply::ping("12.0");
        }
        if !seen.is("/login") {
            return echo(&seen);
        }
        if *accepts.lock().unwrap() {
            Reply::json(format!(
                r#"{{"token":"{TOKEN}","tokenType":"BEARER","validity":3600}}"#
            ))
            .but_status(201)
        } else {
            Reply::error(401, 1, &format!("{} is wrong", SECRETS[2]))
        }
    })
    .await;
    let login = || Credential::Login(Login::new("vx", "d", "user", PASSWORD));
    let mut said = format!("{:?} {:?}", login(), Credential::api_key(KEY));
    let mut proxy = server.url();
    proxy.set_username("user").unwrap();
    proxy.set_password(Some(PROXY)).unwrap();
    let builder = Client::builder("paris", "http://nbu.example.com/netbackup".parse().unwrap())
        .api_version(Some(nbu_api::ApiVersion::V12_0))
        .proxy(proxy, [])
        .credential(Credential::api_key(KEY));
    write!(said, "{builder:?}").unwrap();
    let client = builder.build().unwrap();
    // It knows all of them before the first is said back: the token comes before the first answer.
    client.set_credential(login()).unwrap();
    everything(&client, &mut said).await;
    client.set_credential(Credential::api_key(KEY)).unwrap();
    everything(&client, &mut said).await;
    assert!(
        server
            .seen()
            .iter()
            .any(|seen| seen.header("authorization") == Some(TOKEN)),
        "the token was used"
    );
    // A rejected password is said back too, and said again while it is left alone.
    *accepted.lock().unwrap() = false;
    client.set_credential(Credential::None).unwrap();
    client.set_credential(login()).unwrap();
    for _ in 0..2 {
        let error = within(client.fetch(&JOBS, Query::new())).await.unwrap_err();
        write!(said, "\n{error} {error:?}").unwrap();
    }
    let traced = ear.0.lock().unwrap().clone();
    let logged = older.0.lock().unwrap().clone();
    assert!(traced.contains("nbu_client"), "the test looks at our lines");
    assert!(traced.contains("hyper"), "and at those of the stack");
    assert!(said.contains("<secret>"));
    for secret in SECRETS {
        for (place, text) in [("errors", &said), ("traces", &traced), ("logs", &logged)] {
            let line = text.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{secret} is in the {place}");
        }
    }
}
