//! The primary's own texts for the status codes that were seen.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use nbu_api::endpoint::STATUS_CODES;
use nbu_api::{Query, StatusText};
use nbu_client::{Error, Reason};

use crate::collector::{CollectError, Context};
use crate::ledger::instant;

/// Codes asked for in one run.
const AT_ONCE: usize = 20;
/// When a code that the primary has no text for is asked for again.
const UNKNOWN: Duration = Duration::from_secs(24 * 3600);
/// When one that could not be asked for is.
const FAILED: Duration = Duration::from_secs(3600);

/// When to ask again for the codes that were asked for in vain.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts(BTreeMap<i64, Timestamp>);

impl Texts {
    /// Asks for some texts that are not known. That there is none is no failure of the run: the category is known anyhow.
    pub(super) async fn ask(
        &mut self,
        context: Context<'_>,
        now: Timestamp,
    ) -> Result<(), CollectError> {
        let client = context.client;
        let is_there = |version| STATUS_CODES.request_version(version).is_some();
        if !client.version().is_some_and(is_there) {
            return Ok(());
        }
        let wanted = context.ledger.statuses_without_text();
        self.0.retain(|status, _| wanted.contains(status));
        let due = wanted
            .into_iter()
            .filter(|status| self.0.get(status).is_none_or(|again| *again <= now));
        for status in due.take(AT_ONCE).collect::<Vec<_>>() {
            let query = Query::of(status.to_string());
            let again = match client.fetch(&STATUS_CODES, query).await {
                Ok(page) => match page.object::<StatusText<'_>>() {
                    Ok(StatusText {
                        message: Some(text),
                    }) => {
                        context.ledger.learn_status_text(status, text.trim());
                        continue;
                    }
                    _ => UNKNOWN,
                },
                Err(error @ Error::Closed { .. }) => return Err(error.into()),
                Err(error) if error.status() == Some(404) => UNKNOWN,
                Err(error) => {
                    self.0.insert(status, instant::after(now, FAILED));
                    // What keeps one from being answered keeps all.
                    if error.reason() == Reason::Http {
                        continue;
                    }
                    return Ok(());
                }
            };
            self.0.insert(status, instant::after(now, again));
        }
        Ok(())
    }
}
