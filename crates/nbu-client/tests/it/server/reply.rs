//! What a scripted primary does with a request.

use std::sync::Arc;

use tokio::sync::watch;

/// What to do with a request.
#[derive(Clone)]
pub(crate) enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// Wait for the gate, then do the other.
    Behind(Gate, Box<Reply>),
    /// Answer nothing and wait until the client goes away.
    Never,
    /// Send these bytes as they are and close.
    Raw(Vec<u8>),
    /// Send these bytes as they are and wait until the client goes away.
    RawThenNever(Vec<u8>),
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn json(body: impl Into<String>) -> Self {
        Self::status(200)
            .with(
                "Content-Type",
                "application/vnd.netbackup+json;version=12.0",
            )
            .body(body.into())
    }

    /// An error as NetBackup words them.
    pub(crate) fn error(status: u16, code: i64, message: &str) -> Self {
        Self::status(status)
            .with(
                "Content-Type",
                "application/vnd.netbackup+json;version=12.0",
            )
            .body(format!(
                r#"{{"errorCode":{code},"errorMessage":"{message}"}}"#
            ))
    }

    /// A ping that advertises a version.
    pub(crate) fn ping(version: &str) -> Self {
        Self::status(200)
            .with("Content-Type", "text/vnd.netbackup+plain;version=12.0")
            .with("X-NetBackup-API-Version", version)
            .body("1700000000123")
    }

    /// A page of jobs with these ids, and a cursor to the next page.
    pub(crate) fn jobs(ids: std::ops::Range<u64>, next: Option<&str>) -> Self {
        let data: Vec<_> = ids
            .map(|id| format!(r#"{{"type":"job","id":"{id}","attributes":{{"jobId":{id}}}}}"#))
            .collect();
        let next = next.map_or_else(String::new, |next| format!(r#","next":"{next}""#));
        Self::json(format!(
            r#"{{"data":[{}],"meta":{{"pagination":{{"limit":100{next}}}}}}}"#,
            data.join(",")
        ))
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }

    pub(crate) fn but_status(mut self, code: u16) -> Self {
        if let Self::Answer { status, .. } = &mut self {
            *status = code;
        }
        self
    }

    pub(crate) fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        if let Self::Answer { body, .. } = &mut self {
            *body = bytes.into();
        }
        self
    }

    pub(crate) fn behind(self, gate: &Gate) -> Self {
        Self::Behind(gate.clone(), Box::new(self))
    }
}

/// Shut until opened, then open for good.
#[derive(Clone)]
pub(crate) struct Gate(Arc<watch::Sender<bool>>);

impl Gate {
    pub(crate) fn shut() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    pub(crate) fn open(&self) {
        self.0.send_replace(true);
    }

    pub(crate) async fn passed(&self) {
        let _ = self.0.subscribe().wait_for(|open| *open).await;
    }
}
