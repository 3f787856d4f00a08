//! The client of one primary.

mod ask;
mod attempt;
mod builder;
mod call;
mod door;
mod fallback;
mod flight;
mod login;
mod logout;
mod ping;
mod probe;
mod shared;
mod verdict;

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use nbu_api::endpoint::{AUTHORIZATION_CONTEXT, CACERT, SERVER_INFO};
use nbu_api::{ApiVersion, Endpoint, Query};
use url::Url;

pub(crate) use ask::Ask;
pub use builder::{BuildError, ClientBuilder};
pub(crate) use call::Answered;
use fallback::is_understood;
pub(crate) use fallback::{SMALL_PAGE, is_page_refused, is_version_refused};
pub use ping::Ping;
pub use shared::Clock;
pub(crate) use shared::Shared;

use crate::sync::Arc;
use crate::{
    CloseError, Credential, CredentialError, CredentialKind, Error, Limits, Page, Presented, Walk,
};

/// How long [`Client::close`] waits.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);

/// One NetBackup primary server, as seen over its REST API. Clones share everything: connections, limits, the close.
///
/// # Close
///
/// [`close`](Client::close) and [`close_within`](Client::close_within) end the client in an orderly way, from any number of
/// tasks:
///
/// * From that instant every new call, and every call that waits (for its turn, in a back-off, between two pages, for the
///   version detection of another), fails with [`Error::Closed`] without touching the network.
/// * What is on the wire completes and is delivered. Would it have to be repeated, its caller gets [`Error::Closed`].
/// * The close returns as soon as the last attempt has ended. At the deadline the rest is cancelled: their callers get
///   [`Error::Closed`], the closers [`CloseError::TimedOut`] with their number.
/// * Each closer has its own deadline and the earliest cuts; all get the same outcome, those who come later too.
/// * Dropping a close that waits stops its timer and nothing else. The client stays closed; another close waits on.
/// * With everything answered, the client logs out of the sessions that it opened with a [login](Credential::Login), one
///   after the other, for 5 s and until the deadline at most: these requests alone begin after the close. Whether they are
///   answered changes no outcome; a session that is left behind ends by itself.
/// * When it is over the connections are closed.
///
/// Dropping all clones without a close cancels nothing: a call under way holds what it needs.
///
/// ```
/// # async fn example(client: nbu_client::Client) {
/// use std::time::Duration;
/// use nbu_client::CloseError;
///
/// match client.close_within(Duration::from_secs(5)).await {
///     Ok(()) => println!("everything was answered"),
///     Err(CloseError::TimedOut { in_flight }) => println!("{in_flight} requests were cut off"),
///     Err(error) => println!("{error}"),
/// }
/// assert!(client.is_closed());
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

/// What happens to an attempt while `max_in_flight` others are under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenFull {
    /// It waits; first come, first served.
    #[default]
    Wait,
    /// It waits its turn this long at most, and is refused with [`Error::Saturated`] then.
    WaitAtMost(Duration),
    /// It is refused with [`Error::Saturated`].
    Refuse,
}

impl Client {
    /// Begins the settings of a client for the primary called `primary`, whose API is at `url`
    /// (`https://nbu.example.com:1556/netbackup`).
    pub fn builder(primary: impl Into<Arc<str>>, url: Url) -> ClientBuilder {
        ClientBuilder::new(primary.into(), url)
    }

    /// The name of the primary, as given.
    pub fn primary(&self) -> &Arc<str> {
        &self.shared.primary
    }

    /// `GET /ping`: whether the primary answers, which version it advertises and what its clock says. Sends no credential.
    pub async fn ping(&self) -> Result<Ping, Error> {
        self.shared.ping().await
    }

    /// Finds out which API version the primary speaks, and remembers it. Callers that come while one asks share its
    /// outcome. Dropping it half way leaves what was known before.
    pub async fn detect(&self) -> Result<ApiVersion, Error> {
        self.shared.detect().await
    }

    /// The version found out last. Calls that need one find it out first if it is not known.
    pub fn version(&self) -> Option<ApiVersion> {
        self.shared.version()
    }

    /// What the primary showed in the last TLS handshake, whether it was believed or not; `None` before the first one, and on
    /// plain HTTP.
    pub fn presented(&self) -> Option<Presented> {
        self.shared.witness.presented()
    }

    /// `GET /security/cacert`: the primary's certificate authorities, to be read with [`Page::object`] as
    /// [`CaCertificates`](nbu_api::CaCertificates). Sends no credential. Who asks in order to trust what is answered has to
    /// compare it with something that did not come over the same connection.
    pub async fn ca_certificates(&self) -> Result<Page, Error> {
        self.fetch(&CACERT, Query::new()).await
    }

    /// `GET /security/serverinfo`: the primary's name and release, to be read with
    /// [`Page::object`] as [`ServerInfo`](nbu_api::ServerInfo). Sends no credential.
    pub async fn server_info(&self) -> Result<Page, Error> {
        self.fetch(&SERVER_INFO, Query::new()).await
    }

    /// `GET /authorization-context`: who the credential says we are and until when, to be read with [`Page::object`] as
    /// [`AuthorizationContext`](nbu_api::AuthorizationContext).
    pub async fn authorization_context(&self) -> Result<Page, Error> {
        self.fetch(&AUTHORIZATION_CONTEXT, Query::new()).await
    }

    /// Uses another credential from now on: a renewed key, a changed password. `false` if it is the one in use.
    ///
    /// What is on the wire ends with the credential it was sent with; should that one be refused meanwhile, the call is
    /// repeated with the new one. Walks go on. A password that is new is tried at once, whatever became of the last one.
    ///
    /// ```
    /// # async fn example(client: nbu_client::Client) -> Result<(), nbu_client::CredentialError> {
    /// use nbu_client::Credential;
    ///
    /// let changed = client.set_credential(Credential::api_key("the next key"))?;
    /// assert!(changed);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If it cannot be sent. The one in use stays.
    pub fn set_credential(&self, credential: Credential) -> Result<bool, CredentialError> {
        self.shared.keyring.replace(credential)
    }

    /// What kind of credential is in use.
    pub fn credential_kind(&self) -> CredentialKind {
        self.shared.keyring.kind()
    }

    /// How many times the credential was replaced: what was found out about it holds as long as this stays the same.
    pub fn credentials_replaced(&self) -> usize {
        self.shared.keyring.replaced()
    }

    /// One page or object of `endpoint`; for a path with a parameter its value is in [`Query::of`].
    ///
    /// Asks for the configured version, where there is one; else for the oldest that has what we read, and if the primary
    /// refuses that (406, 415, or 400 with a text about it) for its own, which is remembered for the endpoint. If that is refused
    /// as well the version is detected again, for the primary may have been changed, and the call repeated once if it is another
    /// one now.
    pub async fn fetch(&self, endpoint: &'static Endpoint, query: Query) -> Result<Page, Error> {
        let server = self.shared.version_or_detect().await?;
        let refused = match self.shared.page(endpoint, query.clone(), server).await {
            Err(error) if is_version_refused(&error) => error,
            outcome => return outcome,
        };
        match self.shared.version_instead_of(server).await? {
            same if same == server => Err(refused),
            other => self.shared.page(endpoint, query, other).await,
        }
    }

    /// All pages of `endpoint`, one after the other. Asks nothing until its first page is asked for.
    pub fn walk(&self, endpoint: &'static Endpoint, query: Query) -> Walk {
        Walk::new(Arc::clone(&self.shared), endpoint, query)
    }

    /// Closes the client and waits, at most 30 s, for what is on the wire. See [the type](Client#close).
    ///
    /// The client is closed when this returns; the future only waits, and counts its time from its first poll.
    pub fn close(&self) -> impl Future<Output = Result<(), CloseError>> + Send + 'static {
        self.close_within(CLOSE_TIMEOUT)
    }

    /// Closes the client and waits for what is on the wire, at most for `time`; then the rest is cut off. See
    /// [the type](Client#close).
    ///
    /// The client is closed when this returns; the future only waits, and counts its time from its first poll.
    pub fn close_within(
        &self,
        time: Duration,
    ) -> impl Future<Output = Result<(), CloseError>> + Send + 'static {
        let closing = self.shared.tracker.close();
        let parting = self.shared.parting();
        // Nobody has to poll the future for an idle client to let go.
        self.shared.release();
        let shared = Arc::clone(&self.shared);
        async move {
            let closed = async {
                let outcome = closing.await;
                if let (Ok(()), Some(parting)) = (&outcome, parting) {
                    shared.part(&parting).await;
                }
                outcome
            };
            let outcome = tokio::time::timeout(time, closed)
                .await
                .unwrap_or_else(|_| {
                    shared.partings.cut();
                    shared.tracker.cut()
                });
            shared.exchange.store(None);
            outcome
        }
    }

    /// How many attempts may be under way at a time.
    pub fn max_in_flight(&self) -> NonZeroUsize {
        self.shared.max_in_flight
    }

    /// What happens to one more than that.
    pub fn when_full(&self) -> WhenFull {
        self.shared.when_full
    }

    /// How much of an answer is taken.
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Attempts under way.
    pub fn in_flight(&self) -> usize {
        self.shared.tracker.in_flight() + self.shared.partings.in_flight()
    }

    /// Whether a close has begun.
    pub fn is_closed(&self) -> bool {
        self.shared.tracker.is_closed()
    }
}

impl Shared {
    /// One page or object, asked for in the versions that a primary of version `server` should have, until one is not
    /// refused.
    pub(crate) async fn page(
        self: &Arc<Self>,
        endpoint: &'static Endpoint,
        query: Query,
        server: ApiVersion,
    ) -> Result<Page, Error> {
        let mut ask = Ask::new(endpoint, query, None);
        let mut refused = None;
        if server >= endpoint.since {
            for version in self.versions(endpoint, server) {
                ask.version = Some(version);
                let outcome = match self.answer(&ask).await {
                    Err(error) if is_version_refused(&error) => {
                        refused.get_or_insert(error);
                        continue;
                    }
                    outcome => outcome,
                };
                if refused.is_some() && outcome.as_ref().err().is_none_or(is_understood) {
                    self.takes_version(endpoint, server, version);
                }
                return Ok(Page::new(Arc::clone(self), ask, outcome?));
            }
        }
        Err(refused.unwrap_or_else(|| Error::TooOld {
            call: ask.call(self, None),
            since: endpoint.since,
            found: server,
        }))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("primary", &self.shared.primary)
            .field("url", &self.shared.base)
            .field("version", &self.version())
            .field("tracker", &self.shared.tracker)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[cfg(not(any(loom, miri)))]
mod tests;
