//! The healthy primary, and what it noticed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use nbu_tests::{Exporter, Page, Series, Watched};

const NAME: &str = "well";
const OF: [(&str, &str); 1] = [("primary", NAME)];
const COLLECTORS: [&str; 3] = ["primary", "jobs", "storage"];

/// A healthy primary under observation.
pub(super) struct Neighbour {
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
    pub(super) fn new(watched: Watched) -> Self {
        Self {
            watched,
            longest: [0.0; 3],
            said: BTreeSet::new(),
            series: BTreeMap::new(),
            asked: BTreeSet::new(),
        }
    }

    pub(super) fn watched(&self) -> &Watched {
        &self.watched
    }

    pub(super) fn longest(&self) -> [f64; 3] {
        self.longest
    }

    /// Notes what a page says.
    pub(super) fn look(&mut self, page: &Page) {
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
    pub(super) fn work(&self) {
        for _ in 0..super::DURING {
            self.watched.sim.add_done(&super::job(), 0);
        }
        self.watched.sim.advance(Duration::from_secs(600));
    }

    /// Time passes.
    pub(super) fn rest(&self) {
        self.watched.sim.advance(Duration::from_secs(7_200));
    }

    /// Waits until everything that is over has been counted and every collector has run.
    pub(super) async fn settle(&mut self, exporter: &Exporter) {
        let sim = &self.watched.sim;
        let page = exporter
            .scrape_until("the healthy primary, complete", |page| {
                super::has_counted_to(page, sim, NAME)
                    && COLLECTORS.into_iter().all(|collector| {
                        super::reason(page, NAME, collector).as_deref() == Some("ok")
                    })
            })
            .await;
        self.look(&page);
    }

    /// Waits until every collector has succeeded so many times more: whatever the others do, its cycles go on.
    pub(super) async fn cycles(&mut self, exporter: &Exporter, times: usize) {
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
    pub(super) async fn finish(&mut self, exporter: &Exporter) {
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
    pub(super) fn assert_same(&self, other: &Self) {
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

/// A page in a format that was asked for is whole.
pub(super) async fn readable(exporter: &Exporter, accept: &str) {
    let client = nbu_tests::http();
    let answer = client
        .get(exporter.url("/metrics"))
        .header("accept", accept);
    let text = answer.send().await.unwrap().text().await;
    let text = text.unwrap();
    assert!(
        !text.contains('\0'),
        "Prometheus reads a NUL as the end of the page"
    );
    Page::parse(&text);
}
