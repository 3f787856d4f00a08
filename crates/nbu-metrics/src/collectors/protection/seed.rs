//! The image catalog, asked once for backups older than the look-back over jobs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use nbu_api::endpoint::CATALOG_IMAGES;
use nbu_api::{Image, Query, filter::image};

use super::{Refused, list};
use crate::collector::{CollectError, Context};
use crate::ledger::{Ledger, instant};

/// Clients asked about in one piece of a run.
const AT_ONCE: usize = 25;
/// How far back the catalog is asked: as far as any usual schedule reaches.
const REACH: Duration = Duration::from_secs(35 * 86_400);

/// Whether it is wanted and was not done in this state's lifetime.
pub(super) fn is_due(ledger: &Ledger) -> bool {
    ledger.settings().protection.seed_from_catalog && !ledger.is_seeded()
}

/// Asks about some of the clients, and takes them off the list. `false` if the catalog cannot be asked.
pub(super) async fn read(
    context: Context<'_>,
    due: &mut Vec<Arc<str>>,
    refused: &mut Refused,
    now: Timestamp,
) -> Result<bool, CollectError> {
    // On the primary's clock, where that is known.
    let now = context.ledger.marks().watermark.unwrap_or(now);
    let since = instant::before(now, REACH);
    for _ in 0..AT_ONCE {
        let Some(client) = due.pop() else {
            return Ok(true);
        };
        // By policy and schedule type.
        let mut newest: BTreeMap<(String, String), Timestamp> = BTreeMap::new();
        let filter = image::CLIENT_NAME
            .eq(&*client)
            .and(image::BACKUP_TIME.ge(since));
        let query = Query::new().filter(&filter);
        let read = list::read::<Image<'_>>(context.client, &CATALOG_IMAGES, query, |image| {
            if let Some((place, end)) = success(&image) {
                let last = newest.entry(place).or_insert(end);
                *last = end.max(*last);
            }
        });
        if let Err(error) = read.await {
            let error = CollectError::from(error);
            // Nothing else will come of asking for the others.
            let is_refusal = error.is_refusal();
            refused.take(error)?;
            if is_refusal {
                due.clear();
                return Ok(false);
            }
        }
        for ((policy, schedule), end) in newest {
            context
                .ledger
                .seed_success(&client, &policy, &schedule, end);
        }
    }
    Ok(true)
}

/// Whose success an image is, and when it ended.
fn success(image: &Image<'_>) -> Option<((String, String), Timestamp)> {
    if !matches!(image.status, None | Some(0 | 1)) {
        return None;
    }
    let took = Duration::from_secs(image.elapsed_seconds.unwrap_or(0));
    let end = instant::after(image.backup_time?, took);
    let schedule = image.schedule_type.as_ref();
    let schedule = schedule.map_or("", |schedule| schedule.as_str());
    let policy = image.policy_name.as_deref().unwrap_or_default();
    Some(((policy.to_owned(), schedule.to_owned()), end))
}
