//! The healthy primary, and what it noticed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use nbu_sim::{JobSpec, Population, Running, Sim};

use super::COLLECTORS;
use crate::{Exporter, Page, Series, Watched};

/// Its name.
const NAME: &str = "well";
const OF: [(&str, &str); 1] = [("primary", NAME)];
/// Jobs that finish while a primary misbehaves: three pages.
const DURING: u64 = 230;

/// A healthy primary under observation.
#[derive(Debug)]
pub struct Neighbour {
    watched: Watched,
    /// The longest run of each collector that was seen.
    longest: [f64; 3],
    /// Everything that was ever said about its collectors.
    said: BTreeSet<(String, String)>,
    /// In the end.
    series: BTreeMap<Series, Option<u64>>,
    /// Which endpoints, in which version. How a slice is divided, and so what each request asks for, depends on the order in which
    /// answers come.
    asked: BTreeSet<String>,
}

impl Neighbour {
    /// Starts it.
    pub async fn start() -> Self {
        let sim = Sim::builder().seed(4).population(Population::finished(150));
        Self {
            watched: Watched::start(NAME, sim).await,
            longest: [0.0; 3],
            said: BTreeSet::new(),
            series: BTreeMap::new(),
            asked: BTreeSet::new(),
        }
    }

    /// The primary.
    pub fn watched(&self) -> &Watched {
        &self.watched
    }

    /// The longest run of each of [`COLLECTORS`] that was seen since this was last asked, in seconds.
    pub fn take_longest(&mut self) -> [f64; 3] {
        std::mem::take(&mut self.longest)
    }

    /// Notes what a page says.
    pub fn look(&mut self, page: &Page) {
        for (longest, collector) in self.longest.iter_mut().zip(COLLECTORS) {
            let labels = [("primary", NAME), ("collector", collector)];
            let took = page.value("netbackup_exporter_collector_duration_seconds", &labels);
            *longest = longest.max(took.unwrap_or(0.0));
        }
        for (series, _) in page.select("netbackup_exporter_collector_status", &OF) {
            let label = |name: &str| series.labels[name].clone();
            self.said.insert((label("collector"), label("reason")));
        }
    }

    /// Jobs finish.
    pub fn work(&self) {
        finish_jobs(&self.watched.sim);
    }

    /// Time passes.
    pub fn rest(&self) {
        self.watched.sim.advance(Duration::from_secs(7_200));
    }

    /// Waits until everything that is over has been counted and every collector has run.
    pub async fn settle(&mut self, exporter: &Exporter) {
        let sim = &self.watched.sim;
        let page = exporter
            .scrape_until("the healthy primary, complete", |page| {
                has_counted_to(page, sim, NAME)
                    && COLLECTORS
                        .into_iter()
                        .all(|collector| page.reason(NAME, collector) == Some("ok"))
            })
            .await;
        self.look(&page);
    }

    /// Waits until every collector has succeeded so many times more: whatever the others do, its cycles go on.
    pub async fn cycles(&mut self, exporter: &Exporter, times: usize) {
        for _ in 0..times {
            let before = successes(&exporter.scrape().await);
            let page = exporter
                .scrape_until("another success of every collector", |page| {
                    let after = successes(page);
                    before
                        .iter()
                        .zip(&after)
                        .all(|(before, after)| before < after)
                })
                .await;
            self.look(&page);
        }
    }

    /// Takes down what it was asked and what is exposed of it.
    pub async fn finish(&mut self, exporter: &Exporter) {
        self.cycles(exporter, 1).await;
        let page = exporter.scrape().await;
        self.series = page
            .select_all()
            .filter(|(series, _)| {
                series
                    .labels
                    .get("primary")
                    .is_some_and(|name| name == NAME)
            })
            .map(|(series, value)| (series.clone(), comparable(&series.name, value)))
            .collect();
        self.asked = self
            .watched
            .sim
            .requests()
            .iter()
            .map(|seen| format!("{} {} {:?}", seen.method, seen.path, seen.header("accept")))
            .collect();
    }

    /// Both went through the same, so nothing may differ but the time it took.
    pub fn assert_same(&self, other: &Self) {
        assert_eq!(self.said, other.said, "what the collectors said");
        assert_eq!(self.asked, other.asked, "what was asked");
        assert!(self.asked.len() > 6, "{:?}", self.asked);
        let names = |neighbour: &Self| neighbour.series.keys().cloned().collect::<BTreeSet<_>>();
        let (one, two) = (names(self), names(other));
        let differ: Vec<_> = one.symmetric_difference(&two).collect();
        assert!(differ.is_empty(), "series that only one has: {differ:#?}");
        for (series, value) in &self.series {
            assert_eq!(Some(value), other.series.get(series), "{series:?}");
        }
    }
}

/// Some jobs finish, and ten minutes pass.
pub fn finish_jobs(sim: &Running) {
    let job = JobSpec::backup("night", "STANDARD", "client-1.example.com").protects(2_048, 3);
    for _ in 0..DURING {
        sim.add_done(&job, 0);
    }
    sim.advance(Duration::from_secs(600));
}

/// Whether the watermark of a primary is what its clock shows.
pub fn has_counted_to(page: &Page, sim: &Running, primary: &str) -> bool {
    let now = sim.now().as_millisecond() as f64 / 1000.0;
    page.value(
        "netbackup_jobs_watermark_timestamp_seconds",
        &[("primary", primary)],
    ) == Some(now)
}

fn successes(page: &Page) -> [f64; 3] {
    COLLECTORS.map(|collector| {
        let name = "netbackup_exporter_collector_last_success_timestamp_seconds";
        let labels = [("primary", NAME), ("collector", collector)];
        page.value(name, &labels).unwrap_or(0.0)
    })
}

/// The value, where it depends neither on the clock of this machine nor on how often something was asked.
fn comparable(name: &str, value: f64) -> Option<u64> {
    let own = name.starts_with("netbackup_exporter_");
    let status = name.contains("_collector_s");
    let skew = name == "netbackup_clock_skew_seconds";
    (!skew && (!own || status)).then(|| value.to_bits())
}
