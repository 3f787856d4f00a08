//! The handle to a running primary.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use nbu_api::ApiVersion;

use crate::{
    certificate::{Authority, CertificateError, Identity, Pair},
    clock::timestamp,
    configuration::Configuration,
    credential::{Logins, Permission},
    fault::{Faults, Outage},
    gate::Gate,
    population::{job::State, spec::JobSpec},
    primary::Primary,
    route::Route,
    seen::Seen,
    server::Listening,
    storage::Storage,
    truth::Truth,
};

/// A primary that serves. Dropping it closes its port and its connections.
#[derive(Debug)]
pub struct Running {
    primary: Arc<Primary>,
    authority: Authority,
    listening: Listening,
}

impl Running {
    pub(crate) fn new(primary: Arc<Primary>, authority: Authority, listening: Listening) -> Self {
        Self {
            primary,
            authority,
            listening,
        }
    }

    /// The base URL, `https://127.0.0.1:PORT/netbackup`.
    pub fn url(&self) -> String {
        let scheme = if self.listening.tls.borrow().is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}/netbackup", self.listening.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listening.address
    }

    /// The certificate of its authority, PEM: what a client must trust.
    pub fn ca_pem(&self) -> &str {
        &self.authority.pem
    }

    /// A client certificate its authority has signed.
    ///
    /// # Errors
    ///
    /// If no key can be made.
    pub fn client_certificate(&self) -> Result<Pair, CertificateError> {
        self.authority.client()
    }

    /// Shows another certificate on new connections, signed by the same authority.
    ///
    /// # Errors
    ///
    /// If the certificate cannot be made.
    pub fn set_identity(&self, identity: &Identity) -> Result<(), CertificateError> {
        let config = self.authority.server_config(identity)?;
        self.listening.tls.send_replace(Some(Arc::new(config)));
        Ok(())
    }

    /// Stops serving: the port is closed, and so is every connection.
    pub async fn stop(mut self) {
        self.listening.stop().await;
    }

    /// What its clock shows.
    pub fn now(&self) -> Timestamp {
        timestamp(self.primary.clock.face_ms())
    }

    /// Lets time pass: what is planned for it happens.
    pub fn advance(&self, by: Duration) {
        self.primary.clock.advance(by);
        self.primary.read_world(|_, _| ());
    }

    /// Sets the clock forward or back; nothing else happens, but what happens from now on is dated by the new clock.
    pub fn step_clock(&self, by: SignedDuration) {
        self.primary.read_world(|_, _| ());
        self.primary.clock.step(by);
    }

    /// What really happened up to now.
    pub fn truth(&self) -> Truth {
        let storage = self.primary.storage.read().clone();
        let configuration = self.primary.configuration.read().clone();
        self.primary
            .read_world(|world, now| Truth::of(world, storage, configuration, now))
    }

    /// Changes the storage, and so the truth about it.
    pub fn edit_storage(&self, edit: impl FnOnce(&mut Storage)) {
        edit(&mut self.primary.storage.write());
    }

    /// Changes what it is configured to protect, and so the truth about it.
    pub fn edit_configuration(&self, edit: impl FnOnce(&mut Configuration)) {
        edit(&mut self.primary.configuration.write());
    }

    /// Upgrades or downgrades it.
    pub fn set_api_version(&self, version: ApiVersion) {
        *self.primary.version.lock() = version;
    }

    /// Refuses versions older than this, as a gateway may that speaks only newer ones; `None` serves all.
    pub fn set_oldest_version(&self, version: Option<ApiVersion>) {
        *self.primary.oldest.lock() = version;
    }

    /// Refuses pages of more records than this on every list, whatever its documented limit; `None` keeps to that.
    pub fn set_page_limit(&self, records: Option<u64>) {
        *self.primary.page_limit.lock() = records;
    }

    /// Whether `/ping` says the API version.
    pub fn set_ping_header(&self, on: bool) {
        self.primary.ping_header.store(on, Ordering::Relaxed);
    }

    /// Accepts one more key, or gives a known one other permissions.
    pub fn set_key(&self, key: &str, permissions: &[Permission], expires: Option<Timestamp>) {
        let now = self.primary.clock.face_ms();
        self.primary
            .credentials
            .write()
            .add_key(key, permissions, now, expires);
    }

    /// Lets one more user log in, or gives a known one another password or other permissions. Sessions go on.
    pub fn set_user(&self, name: &str, password: &str, permissions: &[Permission]) {
        self.primary
            .credentials
            .write()
            .add_user(name, password, permissions);
    }

    /// How long sessions live that are opened from now on, in seconds.
    pub fn set_token_validity(&self, seconds: i64) {
        self.primary.credentials.write().token_validity = seconds;
    }

    /// How often somebody tried to log in so far.
    pub fn logins(&self) -> Logins {
        self.primary.credentials.read().logins()
    }

    /// Sessions that are open: not logged out of, not revoked and not over.
    pub fn sessions(&self) -> usize {
        let now = self.primary.clock.face_ms();
        self.primary.credentials.read().sessions(now)
    }

    /// Accepts a key or session token no longer.
    pub fn revoke(&self, credential: &str) {
        self.primary.credentials.write().revoke(credential);
    }

    /// Ends all sessions.
    pub fn revoke_sessions(&self) {
        self.primary.credentials.write().revoke_sessions();
    }

    /// The script of faults.
    pub fn faults(&self) -> Faults {
        Faults::new(Arc::clone(&self.primary.script))
    }

    /// Makes the whole server fail, or serve again. Takes hold at the next connection, request or `await` of the server.
    pub fn set_outage(&self, outage: Outage) {
        self.listening.outage.send_replace(outage);
    }

    /// Holds every request to `route` until the gate is released or dropped.
    pub fn hold(&self, route: impl Into<Route>) -> Gate {
        self.primary.gates.hold(route.into())
    }

    /// The requests so far, oldest first; at most the last 20,000.
    pub fn requests(&self) -> Vec<Seen> {
        self.primary.traffic.seen()
    }

    /// The requests to one route.
    pub fn requests_to(&self, route: impl Into<Route>) -> Vec<Seen> {
        let route = route.into();
        self.requests()
            .into_iter()
            .filter(|seen| route.covers(seen.route))
            .collect()
    }

    /// Forgets the requests so far and the highest number of them in flight.
    pub fn forget_requests(&self) {
        self.primary.traffic.forget();
    }

    /// How many requests there were, the forgotten ones included.
    pub fn asked(&self) -> usize {
        self.primary.traffic.asked()
    }

    /// Requests being answered now, up to the last byte of the body.
    pub fn in_flight(&self) -> usize {
        self.primary.traffic.in_flight().now()
    }

    /// The most requests that were ever being answered at once.
    pub fn max_concurrent(&self) -> usize {
        self.primary.traffic.in_flight().peak()
    }

    /// Connections open now.
    pub fn connections(&self) -> usize {
        self.primary.traffic.connections().now()
    }

    /// Connections accepted so far.
    pub fn connections_accepted(&self) -> usize {
        self.primary.traffic.accepted()
    }

    /// Adds a finished job; its number.
    pub fn add_done(&self, job: &JobSpec, status: i32) -> u64 {
        self.primary
            .change_world(|world, now| world.insert(job, State::Done, status, now))
    }

    /// Adds an active job; its number.
    pub fn add_active(&self, job: &JobSpec) -> u64 {
        self.primary
            .change_world(|world, now| world.insert(job, State::Active, 0, now))
    }

    /// Adds a queued job; its number. -99 stands for no reason.
    pub fn add_queued(&self, job: &JobSpec, reason: i16) -> u64 {
        self.primary.change_world(|world, now| {
            let id = world.insert(job, State::Queued, 0, now);
            world.change(id, State::Queued, reason, now);
            id
        })
    }

    /// Makes a job that is not done active. False if there is no such job.
    pub fn activate(&self, id: u64) -> bool {
        self.primary
            .change_world(|world, now| world.change(id, State::Active, -99, now))
    }

    /// Ends a job now. False if there is no such unfinished job.
    pub fn finish(&self, id: u64, status: i32) -> bool {
        self.primary
            .change_world(|world, now| world.finish(id, status, now))
    }

    /// Changes a finished job once more: its `lastUpdateTime`, and its status if given. The truth follows.
    pub fn touch(&self, id: u64, status: Option<i32>) -> bool {
        self.primary
            .change_world(|world, now| world.touch(id, status, now))
    }

    /// Lets a finished job's record vanish. False if there is no such record.
    pub fn purge(&self, id: u64) -> bool {
        self.primary.change_world(|world, _| world.purge(id))
    }

    /// Loses the job database: every record is gone and numbers start anew. The truth remembers.
    pub fn lose_job_database(&self) {
        self.primary.change_world(|world, _| world.lose_database());
    }
}
