//! Hostile primaries: one for each way in which a primary can misbehave, and what its collectors must say of it.
//!
//! All of them are healthy at first. [`Hostile::misbehave`] begins the fault, [`Hostile::behave`] lifts it.

mod answers;
mod connections;
mod neighbour;
mod records;
mod statuses;

use jiff::{SignedDuration, Timestamp};
use nbu_api::ApiVersion;
use nbu_sim::{
    Fault, Identity, JobSpec, Outage, Population, Route, Sim, SimBuilder, StorageCounts,
};

pub use neighbour::{Neighbour, finish_jobs, has_counted_to};

use crate::Watched;

/// The collectors of which something is expected, in the order of [`Plan`]'s reasons.
pub const COLLECTORS: [&str; 3] = ["primary", "jobs", "storage"];

/// Finished jobs at the start.
const BEFORE: usize = 130;

/// Enough to go wrong, and little to show.
const STORAGE: StorageCounts = StorageCounts {
    units: 6,
    pools: 4,
    servers: 2,
};

/// The lists and the object on which all three collectors stand.
const EVERYWHERE: [Route; 3] = [Route::ServerInfo, Route::Jobs, Route::StorageUnits];

/// What is to be done to one primary.
#[derive(Debug)]
pub struct Plan {
    name: String,
    sim: SimBuilder,
    version: ApiVersion,
    storage: StorageCounts,
    misdeeds: Vec<Misdeed>,
    says: [Vec<&'static str>; 3],
    timeout: &'static str,
}

/// One thing that is wrong with a primary.
#[derive(Clone, Debug)]
enum Misdeed {
    Always(Route, Fault),
    LaterPages(Route, Fault),
    Outage(Outage),
    Clock(SignedDuration),
    Version(ApiVersion),
    OldestVersion(ApiVersion),
    PageLimit(u64),
    NoPingHeader,
}

/// A primary that misbehaves when it is told to.
#[derive(Debug)]
pub struct Hostile {
    /// The primary.
    pub watched: Watched,
    misdeeds: Vec<Misdeed>,
    says: [Vec<&'static str>; 3],
    version: ApiVersion,
    horizon: Timestamp,
}

/// Every plan; each has a name of its own. Redirects lead to `elsewhere`.
pub fn plans(elsewhere: &str) -> Vec<Plan> {
    let mut plans = statuses::plans();
    plans.extend(answers::plans(elsewhere));
    plans.extend(connections::plans());
    plans.extend(records::plans());
    plans
}

impl Plan {
    /// A primary of API 12.0 at which nothing is wrong yet, and whose collectors all say `ok`.
    fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            sim: Sim::builder()
                .seed(1 + name.len() as u64)
                .population(Population::finished(BEFORE)),
            name,
            version: ApiVersion::V12_0,
            storage: STORAGE,
            misdeeds: Vec::new(),
            says: [vec!["ok"], vec!["ok"], vec!["ok"]],
            timeout: "60s",
        }
    }

    /// One whose lists are paged by offset.
    fn by_offset(name: impl Into<String>) -> Self {
        let plan = Self::new(name);
        Self {
            sim: plan.sim.api_version(ApiVersion::V4_0),
            version: ApiVersion::V4_0,
            ..plan
        }
    }

    /// So many storage servers; a page has a hundred.
    fn servers(mut self, servers: usize) -> Self {
        self.storage.servers = servers;
        self
    }

    /// Speaks HTTP/1.1 only.
    fn http1(mut self) -> Self {
        self.sim = self.sim.identity(Identity {
            http2: false,
            ..Identity::default()
        });
        self
    }

    /// The jobs collector has so long.
    fn jobs_timeout(mut self, timeout: &'static str) -> Self {
        self.timeout = timeout;
        self
    }

    fn with(mut self, misdeed: Misdeed) -> Self {
        self.misdeeds.push(misdeed);
        self
    }

    fn always(self, route: Route, fault: Fault) -> Self {
        self.with(Misdeed::Always(route, fault))
    }

    /// The fault on what all three collectors ask.
    fn everywhere(self, fault: &Fault) -> Self {
        EVERYWHERE
            .into_iter()
            .fold(self, |plan, route| plan.always(route, fault.clone()))
    }

    /// What `primary`, `jobs` and `storage` may say; reasons separated by `|`.
    fn says(mut self, reasons: [&'static str; 3]) -> Self {
        self.says = reasons.map(|reasons| reasons.split('|').collect());
        self
    }

    /// What all three may say.
    fn all_say(self, reason: &'static str) -> Self {
        self.says([reason; 3])
    }

    /// The name of the primary.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Starts the primary, healthy.
    pub async fn start(self) -> Hostile {
        let collectors = format!(
            "primary: {{interval: 2s}}, jobs: {{interval: 2s, timeout: {}}}, storage: {{interval: 2s}}",
            self.timeout
        );
        // Nobody waits for the clock but those that must, so that a slow machine does not make others say `timeout`.
        let waits = self.says[0].contains(&"timeout");
        let request_timeout = if waits {
            "request_timeout: 1s"
        } else {
            "request_timeout: 20s"
        };
        let watched = Watched::start(&self.name, self.sim.storage(self.storage))
            .await
            .setting(request_timeout)
            .setting(&format!("collectors: {{{collectors}}}"));
        // Under way, so that the list of those is not empty.
        let job = JobSpec::backup("night", "STANDARD", "client-2.example.com");
        watched.sim.add_active(&job);
        Hostile {
            horizon: watched.sim.now(),
            watched,
            misdeeds: self.misdeeds,
            says: self.says,
            version: self.version,
        }
    }
}

impl Hostile {
    /// The value of the label `primary`.
    pub fn name(&self) -> &str {
        &self.watched.name
    }

    /// Each collector with the reasons it may give while the primary misbehaves.
    pub fn expected(&self) -> impl Iterator<Item = (&'static str, &[&'static str])> {
        COLLECTORS
            .into_iter()
            .zip(self.says.iter().map(Vec::as_slice))
    }

    /// What its clock showed before any job was counted.
    pub fn horizon(&self) -> Timestamp {
        self.horizon
    }

    /// Whether numbers in its records are wrong.
    pub fn spoils_records(&self) -> bool {
        self.misdeeds
            .iter()
            .any(|misdeed| matches!(misdeed, Misdeed::Always(_, Fault::Malformed { .. })))
    }

    /// From now on everything goes wrong.
    pub fn misbehave(&self) {
        let sim = &self.watched.sim;
        for misdeed in self.misdeeds.clone() {
            match misdeed {
                Misdeed::Always(route, fault) => sim.faults().always(route, fault),
                Misdeed::LaterPages(route, fault) => sim.faults().later_pages(route, fault),
                Misdeed::Outage(outage) => sim.set_outage(outage),
                Misdeed::Clock(by) => sim.step_clock(by),
                Misdeed::Version(version) => sim.set_api_version(version),
                Misdeed::OldestVersion(version) => sim.set_oldest_version(Some(version)),
                Misdeed::PageLimit(records) => sim.set_page_limit(Some(records)),
                Misdeed::NoPingHeader => sim.set_ping_header(false),
            }
        }
    }

    /// From now on it is as healthy as before.
    pub fn behave(&self) {
        let sim = &self.watched.sim;
        sim.faults().clear();
        sim.set_outage(Outage::None);
        sim.set_api_version(self.version);
        sim.set_oldest_version(None);
        sim.set_page_limit(None);
        sim.set_ping_header(true);
        for misdeed in &self.misdeeds {
            if let Misdeed::Clock(by) = misdeed {
                sim.step_clock(-*by);
            }
        }
    }
}
