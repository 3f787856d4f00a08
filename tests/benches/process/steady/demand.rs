//! What was asked of a primary, beside what there was to be asked for.

use jiff::Timestamp;
use nbu_sim::{Route, Running, Seen};
use std::collections::BTreeMap;

/// Records on a page.
const PAGE: usize = 100;

/// Sums over walks. A walk that was divided asks for its far end and for parts of itself: that counts as one walk.
#[derive(Default)]
pub(crate) struct Demand {
    finished: Walks,
    open: Walks,
    /// Requests for jobs.
    requests: usize,
    /// All others.
    others: BTreeMap<String, usize>,
}

/// Walks of one kind.
#[derive(Default)]
struct Walks {
    number: usize,
    records: usize,
    /// The fewest requests that can bring these records.
    pages: usize,
}

impl Demand {
    /// Adds the requests since they were forgotten last. The primary is looked at now, so it must not have moved on.
    pub(crate) fn add(&mut self, sim: &Running) {
        let truth = sim.truth();
        let open = truth.live().count();
        for seen in sim.requests() {
            if seen.route != Route::Jobs {
                *self.others.entry(format!("{:?}", seen.route)).or_default() += 1;
                continue;
            }
            self.requests += 1;
            let filter = seen.parameter("filter").unwrap_or_default();
            if !is_first(&seen, filter) {
                continue;
            }
            match since(filter) {
                Some(since) => {
                    let done = truth.visible().filter(|job| job.state == "DONE");
                    let changed = done.filter(|job| job.updated >= since).count();
                    self.finished.add(changed);
                }
                None => self.open.add(open),
            }
        }
    }

    pub(crate) fn print(&self) {
        println!(
            "{:>18} {:>8} {:>14} {:>14}",
            "walks over", "number", "records each", "pages each"
        );
        for (name, walks) in [("changed since W-2m", &self.finished), ("open", &self.open)] {
            println!(
                "{name:>18} {:>8} {:>14.1} {:>14.2}",
                walks.number,
                walks.each(walks.records),
                walks.each(walks.pages)
            );
        }
        println!(
            "requests for jobs: {} = {} for the changed + {} for the open + {} ({:.2} a walk over the changed)",
            self.requests,
            self.finished.pages,
            self.open.pages,
            self.rest(),
            self.rest() as f64 / self.finished.number.max(1) as f64
        );
        let cycles = self.finished.number.max(1) as f64;
        let others: Vec<String> = self
            .others
            .iter()
            .map(|(route, requests)| format!("{route} {:.2}", *requests as f64 / cycles))
            .collect();
        println!("other requests a cycle: {}", others.join(", "));
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        let walks = |walks: &Walks| {
            serde_json::json!({
                "walks": walks.number, "records": walks.records, "pages": walks.pages
            })
        };
        serde_json::json!({
            "changed": walks(&self.finished),
            "open": walks(&self.open),
            "jobs": self.requests,
            "constant": self.rest(),
            "others": self.others,
        })
    }

    fn rest(&self) -> i64 {
        let needed = self.finished.pages + self.open.pages;
        i64::try_from(self.requests).unwrap_or(i64::MAX) - i64::try_from(needed).unwrap_or(i64::MAX)
    }
}

impl Walks {
    fn add(&mut self, records: usize) {
        self.number += 1;
        self.records += records;
        // That there is nothing takes a request, too.
        self.pages += records.div_ceil(PAGE).max(1);
    }

    fn each(&self, sum: usize) -> f64 {
        sum as f64 / self.number.max(1) as f64
    }
}

/// Whether a walk begins with it: no later page, no part of a walk, and not its far end.
fn is_first(seen: &Seen, filter: &str) -> bool {
    seen.parameter("page[after]").is_none()
        && seen.parameter("sort") == Some("jobId")
        && !filter.contains("jobId")
}

/// From when on jobs that are done were asked for.
fn since(filter: &str) -> Option<Timestamp> {
    let (_, rest) = filter.split_once("lastUpdateTime ge ")?;
    let time = rest.split([' ', ')']).next()?;
    time.parse().ok()
}
