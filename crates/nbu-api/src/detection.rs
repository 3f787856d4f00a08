//! Finding out which API version a primary speaks, as an immutable state machine without I/O.

mod answer;

pub use self::answer::{Answer, Detected, DetectionError, Probe, Progress, Source};

use crate::endpoint::{AUTHORIZATION_CONTEXT, Endpoint, JOBS, PING, SERVER_INFO};
use crate::query::Query;
use crate::version::ApiVersion;

/// One step of a detection: it says what to ask and turns the answer into the next step.
///
/// First `GET /ping`, without credentials and without a JSON `Accept`: its header
/// `X-NetBackup-API-Version` settles the matter. Where the header is missing or unreadable, the
/// known versions are tried from the newest down on `GET /security/serverinfo`; 406 and 415 mean
/// "lower". Where that is no way (404, or someone in between wants a credential) `GET /admin/jobs`
/// with the credential takes its place, and what a 401 or 403 there means is settled by
/// `GET /authorization-context`, which needs no permission.
///
/// A value never changes: dropping it at any point leaves nothing behind, and asking again repeats
/// the same probe. No probe occurs twice in one detection.
///
/// ```
/// use nbu_api::{Answer, ApiVersion, Detection, Progress};
///
/// let detection = Detection::start(None);
/// assert_eq!(detection.probe().endpoint.path, "/ping");
///
/// let answer = Answer::Response { status: 200, api_version: Some("12.0") };
/// let Progress::Detected(detected) = detection.observe(&answer) else { panic!("the header settles it") };
/// assert_eq!(detected.version, ApiVersion::V12_0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Detection {
    configured: Option<ApiVersion>,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Ping,
    ServerInfo(Rung),
    Jobs(Rung),
    /// After a 401 or 403 from the job list.
    WhoAmI(Rung, Refusal),
}

/// A place on the ladder: an index into [`ApiVersion::KNOWN`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Rung(usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Refusal {
    Unauthorized,
    Forbidden,
}

impl Detection {
    /// Begins. A configured version is used as it is; the ping then only tells whether the primary is there
    /// and which version it advertises itself.
    pub const fn start(configured: Option<ApiVersion>) -> Self {
        Self {
            configured,
            step: Step::Ping,
        }
    }

    /// What to ask now.
    pub fn probe(&self) -> Probe {
        let (endpoint, rung): (&'static Endpoint, _) = match self.step {
            Step::Ping => (&PING, None),
            Step::ServerInfo(rung) => (&SERVER_INFO, Some(rung)),
            Step::Jobs(rung) => (&JOBS, Some(rung)),
            Step::WhoAmI(rung, _) => (&AUTHORIZATION_CONTEXT, Some(rung)),
        };
        let query = match self.step {
            Step::Jobs(_) => Query::new().with("page[limit]", "1"),
            _ => Query::new(),
        };
        Probe {
            endpoint,
            version: rung.map(Rung::version),
            query,
            authenticated: endpoint.authenticated,
        }
    }

    /// Takes the answer to [`Detection::probe`].
    pub fn observe(&self, answer: &Answer<'_>) -> Progress {
        let (status, api_version) = match *answer {
            Answer::NoResponse => return Progress::Failed(DetectionError::Unreachable),
            Answer::Response {
                status,
                api_version,
            } => (status, api_version),
        };
        match self.step {
            Step::Ping => self.after_ping(status, api_version),
            _ if is_temporary(status) => self.unavailable(status),
            Step::ServerInfo(rung) => match status {
                200..=299 => Self::found(rung),
                406 | 415 => self.lower(rung, Step::ServerInfo),
                401 | 403 | 404 => self.go(Step::Jobs(rung)),
                _ => self.unexpected(status),
            },
            Step::Jobs(rung) => match status {
                200..=299 => Self::found(rung),
                406 | 415 => self.lower(rung, Step::Jobs),
                401 => self.go(Step::WhoAmI(rung, Refusal::Unauthorized)),
                403 => self.go(Step::WhoAmI(rung, Refusal::Forbidden)),
                _ => self.unexpected(status),
            },
            Step::WhoAmI(rung, refusal) => match (status, refusal) {
                // The credential is good and the version was spoken: only the permission on jobs is missing.
                (200..=299, _) => Self::found(rung),
                (406 | 415, _) => self.lower(rung, |rung| Step::WhoAmI(rung, refusal)),
                (401, _) | (404, Refusal::Unauthorized) => {
                    Progress::Failed(DetectionError::Unauthorized)
                }
                (403, _) | (404, Refusal::Forbidden) => Progress::Failed(DetectionError::Forbidden),
                _ => self.unexpected(status),
            },
        }
    }

    fn after_ping(&self, status: u16, api_version: Option<&str>) -> Progress {
        let advertised = api_version.and_then(|text| text.parse::<ApiVersion>().ok());
        if let Some(version) = self.configured {
            return Progress::Detected(Detected {
                version,
                source: Source::Configured,
                advertised,
            });
        }
        if is_temporary(status) {
            return self.unavailable(status);
        }
        match advertised {
            Some(version) => Progress::Detected(Detected {
                version,
                source: Source::PingHeader,
                advertised,
            }),
            None => self.go(Step::ServerInfo(Rung::TOP)),
        }
    }

    /// The same question one version lower.
    fn lower(&self, rung: Rung, step: impl FnOnce(Rung) -> Step) -> Progress {
        match rung.below() {
            Some(below) => self.go(step(below)),
            None => Progress::Failed(DetectionError::NoneAccepted),
        }
    }

    const fn go(&self, step: Step) -> Progress {
        Progress::Ask(Self {
            configured: self.configured,
            step,
        })
    }

    const fn found(rung: Rung) -> Progress {
        Progress::Detected(Detected {
            version: rung.version(),
            source: Source::Ladder,
            advertised: None,
        })
    }

    fn unavailable(&self, status: u16) -> Progress {
        Progress::Failed(DetectionError::Unavailable {
            endpoint: self.probe().endpoint.name,
            status,
        })
    }

    fn unexpected(&self, status: u16) -> Progress {
        Progress::Failed(DetectionError::Unexpected {
            endpoint: self.probe().endpoint.name,
            status,
        })
    }
}

impl Rung {
    const TOP: Self = Self(ApiVersion::KNOWN.len() - 1);

    const fn version(self) -> ApiVersion {
        ApiVersion::KNOWN[self.0]
    }

    fn below(self) -> Option<Self> {
        self.0.checked_sub(1).map(Self)
    }
}

/// Statuses that say nothing about the version, only that the primary cannot answer now.
const fn is_temporary(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}
