//! The check of one primary, from its files to its endpoints.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use nbu_api::{AuthorizationContext, Endpoint, ServerInfo};
use nbu_client::{Client, Error, Ping, Reason, RetryPolicy};
use nbu_metrics::collectors::credential_end;
use tokio::time::{Instant, timeout_at};

use super::authority::{self, Authority};
use super::endpoints::{self, late};
use super::{Check, Checked, Finding, Options, Status, reach, tls};
use crate::clock::Clock;
use crate::config;
use crate::patient::Patient;
use crate::primary::{Material, Obstacle, Traffic, build, unanswered};

/// A skew that somebody should know of, and one with which certificates and tokens are misjudged.
const SKEWED: f64 = 5.0;
const BROKEN: f64 = 300.0;

/// Credentials that end sooner than this are warned of.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// One primary under check.
pub(super) struct Course {
    primary: Arc<config::Primary>,
    options: Options,
    clock: Clock,
    deadline: Instant,
    found: Vec<Finding>,
    authorities: Vec<Authority>,
    /// Lists of which the credential sees a part only.
    partial: Vec<&'static Endpoint>,
}

impl Course {
    pub(super) fn new(
        primary: Arc<config::Primary>,
        options: Options,
        clock: Clock,
        deadline: Instant,
    ) -> Self {
        Self {
            primary,
            options,
            clock,
            deadline,
            found: Vec::new(),
            authorities: Vec::new(),
            partial: Vec::new(),
        }
    }

    pub(super) async fn run(mut self) -> Checked {
        let made = self.client().await;
        if reach::reach(&self.primary, self.deadline, &mut self.found).await {
            self.talk(made).await;
        }
        Checked {
            primary: self.primary.name.to_string(),
            url: self.primary.url.to_string(),
            ok: self
                .found
                .iter()
                .all(|finding| finding.status != Status::Failed),
            checks: self.found,
            authorities: self.authorities,
        }
    }

    /// The client of the primary's files. `None` if they cannot be used.
    async fn client(&mut self) -> Option<Client> {
        let (primary, clock) = (Arc::clone(&self.primary), self.clock.clone());
        let mut patient = Patient::default();
        let made = patient.read(move || {
            let material = Material::read(&primary)?;
            let builder = material.builder(&primary, Arc::new(Traffic::default()), clock)?;
            build(builder.retry(RetryPolicy::never()), &primary)
        });
        let subject = "secrets and certificates";
        let obstacle = match timeout_at(self.deadline, made).await {
            Ok(Ok(Ok(client))) => {
                let finding = Finding::good(Check::Files, subject, "can be read and used");
                self.found.push(finding);
                return Some(client);
            }
            Ok(Ok(Err(obstacle))) => obstacle,
            Ok(Err(unread)) => unanswered(&unread, &self.primary),
            Err(_) => {
                self.found.push(late(Check::Files, subject));
                return None;
            }
        };
        let Obstacle {
            reason,
            error,
            remedy,
        } = obstacle;
        self.found.push(Finding::failed(
            Check::Files,
            subject,
            reason,
            error,
            remedy,
        ));
        None
    }

    /// What the primary says. Without a client of the files, only what it says to strangers.
    async fn talk(&mut self, made: Option<Client>) {
        let Some(client) = made else {
            let why =
                "the files cannot be used; asked without a credential and without verification";
            self.found
                .push(Finding::skipped(Check::Tls, self.host(), why));
            if let Some(stranger) = authority::stranger(&self.primary) {
                self.ping(&stranger).await;
                self.certificates(&stranger).await;
            }
            return;
        };
        let pinged = self.ping(&client).await;
        self.certificates(&client).await;
        if !pinged {
            let why = "not sent, for what failed above";
            self.found
                .push(Finding::skipped(Check::Credential, "", why));
        } else if self.version(&client).await && self.credential(&client).await {
            let mut rows = endpoints::ask(&self.primary, &client, self.deadline).await;
            endpoints::warn_of_partial_views(&mut rows, &self.partial);
            self.found.extend(rows);
        }
        // A session that the check has opened is ended by it.
        let left = self.deadline.saturating_duration_since(Instant::now());
        let _ended = client.close_within(left).await;
    }

    /// The handshake and the first answer; false if there was none.
    async fn ping(&mut self, client: &Client) -> bool {
        let began = Instant::now();
        let outcome = timeout_at(self.deadline, client.ping()).await;
        let took = began.elapsed();
        let verified = |course: &Self| tls::verified(&course.primary, client.presented().as_ref());
        let is_stranger = self.found.iter().any(|finding| finding.check == Check::Tls);
        match outcome {
            Ok(Ok(ping)) => {
                if !is_stranger {
                    self.found.push(verified(self));
                }
                let finding = Finding::good(Check::Ping, "/ping", "answers");
                self.found.push(finding.took(took));
                self.skew(&ping);
                true
            }
            Ok(Err(error @ Error::Tls { .. })) => {
                let finding = Finding::of_error(Check::Tls, self.host(), &error, &self.primary);
                self.found.push(finding.took(took));
                false
            }
            Ok(Err(error)) => {
                if !is_stranger && client.presented().is_some() {
                    self.found.push(verified(self));
                }
                let finding = Finding::of_error(Check::Ping, "/ping", &error, &self.primary);
                self.found.push(finding.took(took));
                false
            }
            Err(_) => {
                self.found.push(late(Check::Ping, "/ping").took(took));
                false
            }
        }
    }

    /// What was presented; the authorities, where they are unknown here or wanted.
    async fn certificates(&mut self, client: &Client) {
        let presented = client.presented();
        if let Some(presented) = &presented {
            let believed = self
                .found
                .iter()
                .any(|finding| finding.check == Check::Tls && finding.status == Status::Ok);
            let rows = tls::certificates(presented, believed, self.clock.now());
            self.found.extend(rows);
        }
        let unknown = self.found.iter().any(|finding| {
            matches!(finding.check, Check::Tls | Check::Files) && finding.reason == Some("tls")
        });
        let handshake = self.primary.url.scheme() == "https";
        if handshake && (self.options.show_ca || (unknown && presented.is_some())) {
            self.authorities =
                authority::authorities(&self.primary, presented.as_ref(), self.deadline).await;
        }
    }

    fn skew(&mut self, ping: &Ping) {
        let Some(theirs) = ping.clock else {
            let why = "neither the answer nor its Date tells the time";
            self.found.push(Finding::warning(Check::Clock, "", why, "check what stands between it and us: no finished job can be counted without the primary's clock"));
            return;
        };
        // The answer was written about half a round trip ago.
        let ours =
            self.clock.now().as_duration().as_secs_f64() - ping.round_trip.as_secs_f64() / 2.0;
        let skew = theirs.as_duration().as_secs_f64() - ours;
        let detail = format!(
            "the primary's clock is {:.1} s {} ours",
            skew.abs(),
            if skew < 0.0 { "behind" } else { "ahead of" }
        );
        let remedy = "synchronise both clocks (NTP)";
        let finding = if skew.abs() > BROKEN {
            Finding::failed(Check::Clock, "", Reason::Parse, detail, remedy)
        } else if skew.abs() > SKEWED {
            Finding::warning(Check::Clock, "", detail, remedy)
        } else {
            Finding::good(Check::Clock, "", detail)
        };
        self.found.push(Finding {
            reason: None,
            skew_seconds: Some(skew),
            ..finding
        });
    }

    /// False if no version could be found out.
    async fn version(&mut self, client: &Client) -> bool {
        let began = Instant::now();
        let version = match timeout_at(self.deadline, client.detect()).await {
            Ok(Ok(version)) => version,
            Ok(Err(error)) => {
                let finding = Finding::of_error(Check::Version, "", &error, &self.primary);
                self.found.push(finding.took(began.elapsed()));
                return false;
            }
            Err(_) => {
                self.found.push(late(Check::Version, ""));
                return false;
            }
        };
        let page = timeout_at(self.deadline, client.server_info()).await;
        let page = page.ok().and_then(Result::ok);
        let info = page
            .as_ref()
            .and_then(|page| page.object::<ServerInfo<'_>>().ok())
            .unwrap_or_default();
        let mut detail = format!("API {version}");
        if let Some(release) = info.nbu_version.as_deref().or(version.release()) {
            detail = format!("{detail}, NetBackup {release}");
        }
        let subject = info.server_name.as_deref().unwrap_or_default();
        let finding = Finding::good(Check::Version, subject, detail);
        self.found.push(finding.took(began.elapsed()));
        true
    }

    /// False if the credential is not accepted, or that could not be found out.
    async fn credential(&mut self, client: &Client) -> bool {
        let kind = match &self.primary.credential {
            config::Credential::ApiKey(_) => "API key",
            config::Credential::Login(_) => "login",
        };
        let began = Instant::now();
        let page = match timeout_at(self.deadline, client.authorization_context()).await {
            Ok(Ok(page)) => page,
            Ok(Err(error)) if error.reason() == Reason::NotSupported => {
                let why = "this version does not tell; its endpoints will";
                self.found
                    .push(Finding::skipped(Check::Credential, kind, why));
                return true;
            }
            Ok(Err(error)) => {
                let finding = Finding::of_error(Check::Credential, kind, &error, &self.primary);
                self.found.push(finding.took(began.elapsed()));
                return false;
            }
            Err(_) => {
                self.found.push(late(Check::Credential, kind));
                return false;
            }
        };
        let finding = match page.object::<AuthorizationContext<'_>>() {
            Ok(context) => {
                let filtered = nbu_api::endpoint::ALL.iter().copied().filter(|endpoint| {
                    let seen = |namespace| context.sees_all(namespace);
                    endpoint.filtered && endpoint.permission.and_then(seen) == Some(false)
                });
                self.partial = filtered.collect();
                let told = credential_end(client, &context, self.clock.now());
                let told = timeout_at(self.deadline, told).await;
                let ends = told.ok().and_then(Result::ok).flatten();
                self.accepted(kind, &context, ends)
            }
            Err(error) => Finding::of_error(Check::Credential, kind, &error, &self.primary),
        };
        self.found.push(finding.took(began.elapsed()));
        true
    }

    fn accepted(
        &self,
        kind: &str,
        context: &AuthorizationContext<'_>,
        ends: Option<Timestamp>,
    ) -> Finding {
        let is_key = matches!(self.primary.credential, config::Credential::ApiKey(_));
        let how = if is_key {
            ""
        } else {
            "logged in (POST /login), "
        };
        let who = context.subject.as_deref().unwrap_or("an unnamed user");
        let Some(ends) = ends else {
            let detail = format!("{how}accepted as {who}; no end is told");
            return Finding::good(Check::Credential, kind, detail);
        };
        let detail = format!("{how}accepted as {who} until {ends:.0}");
        let finding = if is_key && ends.duration_since(self.clock.now()) < SOON {
            let remedy = "create a new API key on the primary in time";
            Finding::warning(Check::Credential, kind, detail, remedy)
        } else {
            Finding::good(Check::Credential, kind, detail)
        };
        Finding {
            expires: Some(format!("{ends:.0}")),
            ..finding
        }
    }

    fn host(&self) -> String {
        self.primary.url.host_str().unwrap_or_default().to_owned()
    }
}
