//! What an attempt shows to the primary: a key, or the token of a session that is opened, renewed and given up here.

use http::StatusCode;
use http::header::DATE;
use nbu_api::endpoint::{AUTHORIZATION_CONTEXT, LOGIN};
use nbu_api::{ApiVersion, Query};
use secrecy::zeroize::Zeroize as _;
use tokio::sync::MutexGuard as TurnGuard;
use tokio::time::Instant;

use super::ask::Ask;
use super::attempt::Attempt;
use super::call::{Answered, Renewal};
use super::fallback::{is_version_refused, refuses_version};
use super::shared::Shared;
use crate::credential::form;
use crate::error::LoginFault;
use crate::keyring::{self, Held, Opened, Pass, Proof, Refused, Session, Standing};
use crate::retry::http_date;
use crate::sync::Arc;
use crate::{CredentialKind, Error};

/// A token of this age is given up after a 401 even if the primary does not say whether it is still good.
const SETTLED: std::time::Duration = std::time::Duration::from_secs(60);

impl Shared {
    /// What the attempt shows; `None` where nothing is to be shown. May open a session first.
    pub(super) async fn pass(&self, ask: &Ask) -> Result<Option<Pass>, Error> {
        if !ask.authenticated {
            return Ok(None);
        }
        self.log_out_of_spent().await;
        let held = self.keyring.held();
        match &held.proof {
            Proof::Nothing => Ok(None),
            Proof::Key(header) => Ok(Some(Pass {
                header: header.clone(),
                of: Arc::clone(&held),
                number: 0,
            })),
            // Boxed, for a login is a call as well.
            Proof::Session(session) => Box::pin(self.token(ask, &held, session)).await.map(Some),
        }
    }

    /// What can be done about a 401 to an attempt that showed `pass`.
    pub(super) async fn renewal(&self, ask: &Ask, pass: &Pass) -> Result<Renewal, Error> {
        if !self.keyring.holds(pass) {
            return Ok(Renewal::Again);
        }
        let Proof::Session(session) = &pass.of.proof else {
            return Ok(Renewal::Hopeless);
        };
        let Some(age) = session.desk().age(pass.number, Instant::now()) else {
            return Ok(Renewal::Again);
        };
        let dead = if ask.endpoint == &AUTHORIZATION_CONTEXT {
            true
        } else {
            match self.is_known(ask.version, pass).await? {
                Some(true) => return Ok(Renewal::Known),
                Some(false) => true,
                None => age >= SETTLED,
            }
        };
        if !dead {
            return Ok(Renewal::Hopeless);
        }
        session.desk().refused(pass.number, Instant::now());
        Ok(Renewal::Again)
    }

    /// Whether the primary knows who shows this; `None` if it does not say.
    async fn is_known(
        &self,
        version: Option<ApiVersion>,
        pass: &Pass,
    ) -> Result<Option<bool>, Error> {
        for question in self.identity_questions(version) {
            let asked = Box::pin(self.attempt(&question, Some(&pass.header))).await;
            let answer = match asked {
                Err(error @ Error::Closed { .. }) => return Err(error),
                Ok(Attempt {
                    outcome: Ok(answer),
                    ..
                }) => answer,
                Ok(_) | Err(_) => return Ok(None),
            };
            match answer.status {
                StatusCode::OK => return Ok(Some(true)),
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Ok(Some(false)),
                _ if refuses_version(&self.refusal(&answer)) => {}
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// The question who we are, in the version of the call that was refused, and in the primary's own, for who takes only
    /// that one.
    pub(super) fn identity_questions(
        &self,
        version: Option<ApiVersion>,
    ) -> impl Iterator<Item = Ask> + use<> {
        let own = self.version().filter(|own| version != Some(*own));
        let ask = |version| Ask::new(&AUTHORIZATION_CONTEXT, Query::new(), version);
        std::iter::once(version).chain(own.map(Some)).map(ask)
    }

    /// The token of the session, opened now if there is none. Who comes while one logs in waits for it and gets its
    /// outcome, good or bad; while the old token is good, only the one who renews it waits. If the one who logs in goes
    /// away, the next in line begins anew.
    async fn token(&self, ask: &Ask, held: &Arc<Held>, session: &Session) -> Result<Pass, Error> {
        let pass = |header, number| Pass {
            header,
            of: Arc::clone(held),
            number,
        };
        let standing = session.desk().standing(Instant::now());
        match standing {
            Standing::Good(header, number) => return Ok(pass(header, number)),
            Standing::Barred(left, refused) => return Err(self.barred(ask, left, refused)),
            Standing::Due(header, number) => {
                if let Ok(turn) = session.turn.try_lock() {
                    match self.in_turn(ask, held, session, turn).await {
                        // The old one is good for a while yet.
                        Err(error) if !matches!(error, Error::Closed { .. }) => {}
                        outcome => return outcome,
                    }
                }
                return Ok(pass(header, number));
            }
            Standing::None => {}
        }
        let before = session.landed();
        let turn = tokio::select! {
            biased;
            () = self.tracker.closed() => return Err(self.closed(ask.endpoint.name)),
            turn = session.turn.lock() => turn,
        };
        if let Some(error) = session.failure_since(before) {
            return Err(error);
        }
        self.in_turn(ask, held, session, turn).await
    }

    /// Logs in, unless somebody did while the turn was waited for.
    async fn in_turn(
        &self,
        ask: &Ask,
        held: &Arc<Held>,
        session: &Session,
        _turn: TurnGuard<'_, ()>,
    ) -> Result<Pass, Error> {
        let standing = session.desk().standing(Instant::now());
        match standing {
            Standing::Good(header, number) => {
                return Ok(Pass {
                    header,
                    of: Arc::clone(held),
                    number,
                });
            }
            Standing::Barred(left, refused) => return Err(self.barred(ask, left, refused)),
            Standing::Due(..) | Standing::None => {}
        }
        let outcome = self.log_in(ask, held, session).await;
        session.land(outcome.as_ref().err());
        outcome
    }

    async fn log_in(&self, ask: &Ask, held: &Arc<Held>, session: &Session) -> Result<Pass, Error> {
        // The token's life is counted from before it began.
        let began = Instant::now();
        let (login, answered) = self
            .ask_to_log_in(ask, session)
            .await
            .inspect_err(|error| {
                session.desk().failed(Instant::now());
                tracing::debug!(primary = %self.primary, %error, "login failed");
            })?;
        let status = answered.answer.status;
        if status.is_success() {
            return self.open(&login, answered, held, session, began);
        }
        let error = self.refused(&login, &answered);
        if is_version_refused(&error) || !matches!(status.as_u16(), 400 | 401 | 403) {
            session.desk().failed(Instant::now());
            return Err(error);
        }
        let refusal = self.refusal(&answered.answer);
        let wait = session
            .desk()
            .rejected(Instant::now(), Refused::Password(refusal.clone()));
        tracing::warn!(
            primary = %self.primary,
            user = session.login.user_name,
            %refusal,
            not_tried_for = ?wait,
            "the primary rejects user name and password; to not lock the account they are left alone for a while, other ones are tried at once"
        );
        Err(Error::Unauthorized {
            call: login.call(self, Some(&answered.request_id)),
            refusal,
            credential: CredentialKind::Session,
        })
    }

    /// The answer to a login, in the first version that is not refused. While the version is being detected, in that of the
    /// call alone: the next call tries the next one, and none is refused twice.
    async fn ask_to_log_in(&self, ask: &Ask, session: &Session) -> Result<(Ask, Answered), Error> {
        let detected = self.version();
        let server = detected.or(ask.version).unwrap_or(ApiVersion::V4_0);
        let is_tried = move |version: &ApiVersion| detected.is_some() || *version == server;
        let mut versions = self.versions(&LOGIN, server).filter(is_tried);
        let version = versions.next().unwrap_or(server);
        let mut login = Ask::login(version, form(&session.login));
        let mut answered = self.ask(&login, false).await?;
        for version in versions {
            // Nothing else: a password that is shown twice may lock the account.
            if !refuses_version(&self.refusal(&answered.answer)) {
                break;
            }
            login.version = Some(version);
            answered = self.ask(&login, false).await?;
            if answered.answer.status.is_success() {
                self.takes_version(&LOGIN, server, version);
            }
        }
        Ok((login, answered))
    }

    /// Takes the token out of the answer to a login.
    fn open(
        &self,
        login: &Ask,
        answered: Answered,
        held: &Arc<Held>,
        session: &Session,
        began: Instant,
    ) -> Result<Pass, Error> {
        let now = Instant::now();
        let call = login.call(self, Some(&answered.request_id));
        let date = answered.answer.header(DATE).and_then(http_date);
        let opened = keyring::opened(&answered.answer.body, date);
        if let Ok(mut body) = answered.answer.body.try_into_mut() {
            body.zeroize();
        }
        match opened {
            Ok(Opened::Token(token, life)) => {
                self.keyring.veil().learn(&token);
                let Ok(header) = keyring::header(&token) else {
                    session.desk().failed(now);
                    return Err(Error::Login {
                        call,
                        fault: LoginFault::NoToken,
                    });
                };
                let header = Arc::new(header);
                let opened = session.desk().opened(Arc::clone(&header), began, life);
                let (number, before) = opened;
                if let Some(before) = before {
                    self.keyring.retire(before);
                }
                if !self.keyring.is_held(held) {
                    self.keyring.retire_session(held);
                }
                tracing::debug!(primary = %self.primary, user = session.login.user_name, ?life, "logged in");
                Ok(Pass {
                    header,
                    of: Arc::clone(held),
                    number,
                })
            }
            Ok(Opened::SecondFactor) => {
                session.desk().rejected(now, Refused::SecondFactor);
                let fault = LoginFault::SecondFactor;
                tracing::warn!(primary = %self.primary, user = session.login.user_name, "{fault}");
                Err(Error::Login { call, fault })
            }
            Ok(Opened::Nothing) => {
                session.desk().failed(now);
                Err(Error::Login {
                    call,
                    fault: LoginFault::NoToken,
                })
            }
            Err(source) => {
                session.desk().failed(now);
                Err(Error::Decode {
                    call,
                    source: Arc::new(source),
                })
            }
        }
    }

    fn barred(&self, ask: &Ask, left: std::time::Duration, refused: Refused) -> Error {
        let call = ask.call(self, None);
        match refused {
            Refused::Password(refusal) => Error::LoginPaused {
                call,
                refusal,
                left,
            },
            Refused::SecondFactor => Error::Login {
                call,
                fault: LoginFault::SecondFactor,
            },
            Refused::Worthless => Error::Login {
                call,
                fault: LoginFault::Worthless,
            },
        }
    }
}
