//! An exchange that plays a primary by a script, with a paused clock: what was asked, when, and with which credential.

use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::client::{Client, ClientBuilder};
use crate::credential::Form;
use crate::exchange::{Answer, Exchange, Exchanging, Failure, Request};
use crate::sync::{Arc, Mutex, lock};
use crate::{Credential, Login};

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) at: Instant,
    pub(super) path: String,
    pub(super) key: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) body: String,
}

/// What becomes of it.
#[derive(Clone)]
pub(super) enum Act {
    Answer {
        status: u16,
        content_type: &'static str,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    Fail(Failure),
    /// The same, later.
    After(Duration, Box<Act>),
    /// The same, once the gate is open.
    Behind(watch::Receiver<bool>, Box<Act>),
}

type Script = dyn Fn(&Seen) -> Act + Send + Sync;

#[derive(Clone)]
pub(super) struct Scene(Arc<Stage>);

struct Stage {
    seen: Mutex<Vec<Seen>>,
    script: Box<Script>,
    /// Pings are answered without the script and not recorded.
    pings: bool,
}

impl Act {
    pub(super) fn json(status: u16, body: impl Into<String>) -> Self {
        Self::Answer {
            status,
            content_type: "application/json",
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub(super) fn ping() -> Self {
        Self::Answer {
            status: 200,
            content_type: "text/plain",
            headers: vec![("x-netbackup-api-version", "12.0".to_owned())],
            body: "1700000000123".to_owned(),
        }
    }

    pub(super) fn token(token: &str, validity: u64) -> Self {
        Self::json(
            201,
            format!(r#"{{"token":"{token}","tokenType":"BEARER","validity":{validity}}}"#),
        )
    }

    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }

    pub(super) fn after(self, seconds: u64) -> Self {
        Self::After(Duration::from_secs(seconds), Box::new(self))
    }

    pub(super) fn behind(self, gate: &watch::Sender<bool>) -> Self {
        Self::Behind(gate.subscribe(), Box::new(self))
    }

    async fn play(self) -> Result<Answer, Failure> {
        let mut act = self;
        loop {
            act = match act {
                Self::After(time, next) => {
                    sleep(time).await;
                    *next
                }
                Self::Behind(mut gate, next) => {
                    let _ = gate.wait_for(|open| *open).await;
                    *next
                }
                Self::Fail(failure) => return Err(failure),
                Self::Answer {
                    status,
                    content_type,
                    headers,
                    body,
                } => {
                    let mut map = HeaderMap::new();
                    map.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
                    for (name, value) in headers {
                        map.insert(HeaderName::from_static(name), value.parse().unwrap());
                    }
                    return Ok(Answer {
                        status: StatusCode::from_u16(status).unwrap(),
                        headers: map,
                        body: body.into(),
                    });
                }
            }
        }
    }
}

impl Scene {
    pub(super) fn new(script: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> Self {
        Self(Arc::new(Stage {
            seen: Mutex::default(),
            script: Box::new(script),
            pings: false,
        }))
    }

    /// The same, but pings are no part of it.
    pub(super) fn pinging(script: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> Self {
        Self(Arc::new(Stage {
            seen: Mutex::default(),
            script: Box::new(script),
            pings: true,
        }))
    }

    /// A client of version 12.0 that plays on this stage.
    pub(super) fn client(&self, set: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Client {
        let url = "http://nbu.example.com/netbackup".parse().unwrap();
        let builder = Client::builder("paris", url).api_version(Some(nbu_api::ApiVersion::V12_0));
        set(builder).build_on(Box::new(self.clone())).unwrap()
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        lock(&self.0.seen).clone()
    }

    pub(super) fn to(&self, path: &str) -> Vec<Seen> {
        let mut seen = self.seen();
        seen.retain(|seen| seen.path == path);
        seen
    }

    pub(super) fn count(&self, path: &str) -> usize {
        self.to(path).len()
    }
}

impl Exchange for Scene {
    fn send<'a>(&'a self, request: Request, _: &'a mut u64) -> Exchanging<'a> {
        Box::pin(async move {
            let text = |name| {
                let value = request.headers.get(name)?;
                Some(value.to_str().unwrap().to_owned())
            };
            let body = request.form.clone().map(Form::into_bytes);
            let seen = Seen {
                at: Instant::now(),
                path: request
                    .url
                    .path()
                    .trim_start_matches("/netbackup")
                    .to_owned(),
                key: text(AUTHORIZATION),
                content_type: text(CONTENT_TYPE),
                body: String::from_utf8(body.unwrap_or_default().to_vec()).unwrap(),
            };
            if self.0.pings && seen.path == "/ping" {
                return Act::ping().play().await;
            }
            let act = (self.0.script)(&seen);
            lock(&self.0.seen).push(seen);
            act.play().await
        })
    }
}

/// A user whose password is `password`.
pub(super) fn user(password: &str) -> Credential {
    Credential::Login(Login::new(
        "unixpwd",
        "nbu.example.com",
        "monitor",
        password,
    ))
}

/// Lets every task run until none can.
pub(super) async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}
