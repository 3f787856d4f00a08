//! A small client for the tests.

use std::{sync::Once, time::Duration};

use nbu_sim::{Running, SimBuilder};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

pub(crate) const KEY: &str = "a-very-secret-key";

/// How long a test waits before it is declared hung.
pub(crate) const HUNG: Duration = Duration::from_secs(60);

/// A primary and a client that trusts it.
pub(crate) struct Asking {
    pub(crate) primary: Running,
    pub(crate) client: reqwest::Client,
    pub(crate) version: &'static str,
}

/// An answer whose body was JSON.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Asking {
    pub(crate) async fn start(builder: SimBuilder) -> Self {
        let primary = builder
            .api_key(KEY)
            .start(([127, 0, 0, 1], 0).into())
            .await
            .unwrap();
        Self {
            client: client(&primary),
            primary,
            version: "12.0",
        }
    }

    pub(crate) fn request(&self, path: &str) -> RequestBuilder {
        self.client
            .get(format!("{}{path}", self.primary.url()))
            .header(
                "accept",
                format!("application/vnd.netbackup+json;version={}", self.version),
            )
            .header("authorization", KEY)
    }

    pub(crate) async fn ask(&self, path: &str, query: &[(&str, &str)]) -> Answer {
        let query: Vec<String> = query
            .iter()
            .map(|(name, value)| format!("{}={}", escape(name), escape(value)))
            .collect();
        let separator = if query.is_empty() { "" } else { "?" };
        Answer::of(self.request(&format!("{path}{separator}{}", query.join("&")))).await
    }

    pub(crate) async fn jobs(&self, query: &[(&str, &str)]) -> Answer {
        self.ask("/admin/jobs", query).await
    }

    /// All ids a cursor walk finds, in order, and how many pages it took.
    pub(crate) async fn walk(&self, filter: &str, sort: &str, limit: &str) -> (Vec<u64>, usize) {
        let (mut ids, mut pages, mut after) = (Vec::new(), 0, String::new());
        loop {
            let mut query = vec![("filter", filter), ("sort", sort), ("page[limit]", limit)];
            if !after.is_empty() {
                query.push(("page[after]", &after));
            }
            let page = self.jobs(&query).await;
            assert_eq!(page.status, 200, "{:?}", page.body);
            ids.extend(page.ids());
            pages += 1;
            match page.body["meta"]["pagination"].get("next") {
                Some(next) => next
                    .as_str()
                    .expect("cursors are strings")
                    .clone_into(&mut after),
                None => return (ids, pages),
            }
        }
    }
}

impl Answer {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.unwrap();
        Self {
            status,
            headers,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        }
    }

    pub(crate) fn ids(&self) -> Vec<u64> {
        let data = self.body["data"].as_array().expect("a list");
        data.iter()
            .map(|job| job["attributes"]["jobId"].as_u64().unwrap())
            .collect()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the simulator is tested with a client that is not the project's own"
)]
pub(crate) fn client(primary: &Running) -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider()
            .install_default()
            .unwrap();
    });
    reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(primary.ca_pem().as_bytes()).unwrap()])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
