//! The configuration of what a primary protects: policies, their clients and schedules, and clients that are paused. Data that
//! tests may change, and the truth about it.

use crate::population::{cast, name::Name, world::World};

/// All policies of a primary, and who is paused.
///
/// Jobs are drawn from the policies as they were at the start: changing them here changes what the primary says of its
/// configuration, not what it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// In any order; the primary lists them by name.
    pub policies: Vec<Policy>,
    /// Names of clients that are paused.
    pub paused: Vec<String>,
}

/// One policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// `policyName`.
    pub name: String,
    /// In the words of the job list; policies say it in theirs.
    pub policy_type: String,
    /// `active`.
    pub active: bool,
    /// `generationId`: a test that changes the policy should change this too, as a primary does.
    pub generation: i64,
    /// `storage`.
    pub storage: String,
    /// `clients`.
    pub clients: Vec<String>,
    /// `clientInfoType` of its clients.
    pub client_kind: String,
    /// `schedules`.
    pub schedules: Vec<Schedule>,
    /// The answer to a request for its detail.
    pub detail: DetailAnswer,
}

/// An answer to a request for the detail of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetailAnswer {
    /// In the schema of its type, or in the generic one when that is asked for.
    Told,
    /// With this status, unless the generic schema is asked for.
    OnlyGeneric(u16),
    /// With this status.
    Refused(u16),
    /// With something that is no policy.
    Garbage,
}

/// A time at which a policy runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// `scheduleName`.
    pub name: String,
    /// In the words of the job list; policies say it in theirs.
    pub schedule_type: String,
    /// Its rhythm.
    pub rhythm: Rhythm,
}

/// The rhythm in which a schedule runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// `frequencySeconds`.
    Every(u64),
    /// `includeDates.recurringDaysOfWeek`: `WEEK:DAY`.
    DaysOfWeek(Vec<String>),
}

impl Policy {
    /// A policy of this name and type, active, without clients and schedules.
    pub fn new(name: &str, policy_type: &str) -> Self {
        Self {
            name: name.to_owned(),
            policy_type: policy_type.to_owned(),
            active: true,
            generation: 1,
            storage: "msdp-stu-0001".to_owned(),
            clients: Vec::new(),
            client_kind: "HOST".to_owned(),
            schedules: Vec::new(),
            detail: DetailAnswer::Told,
        }
    }

    /// With a detail that is answered in this way.
    #[must_use]
    pub fn detail(mut self, detail: DetailAnswer) -> Self {
        self.detail = detail;
        self
    }

    /// With one more client.
    #[must_use]
    pub fn client(mut self, name: &str) -> Self {
        self.clients.push(name.to_owned());
        self
    }

    /// With one more schedule.
    #[must_use]
    pub fn schedule(mut self, name: &str, schedule_type: &str, rhythm: Rhythm) -> Self {
        self.schedules.push(Schedule {
            name: name.to_owned(),
            schedule_type: schedule_type.to_owned(),
            rhythm,
        });
        self
    }
}

impl Configuration {
    /// The configuration that the population was drawn from; every fiftieth client is paused.
    pub(crate) fn of(world: &World) -> Self {
        let text = |name: Name| world.names.word(name).map_or("", |word| word).to_owned();
        let policies: Vec<Policy> = world
            .cast
            .policies
            .iter()
            .map(|policy| drawn(policy, text))
            .collect();
        let clients = policies.iter().flat_map(|policy| &policy.clients);
        Self {
            paused: clients.step_by(50).cloned().collect(),
            policies,
        }
    }

    /// Changes a policy as an administrator does: it gets a new generation. Nothing happens if there is none of this name.
    pub fn edit(&mut self, name: &str, edit: impl FnOnce(&mut Policy)) {
        if let Some(policy) = self.policies.iter_mut().find(|policy| policy.name == name) {
            edit(policy);
            policy.generation += 1;
        }
    }
}

fn drawn(policy: &cast::Policy, word: impl Fn(Name) -> String) -> Policy {
    let schedules = policy.schedules.iter().map(|&(name, kind, _)| {
        let schedule_type = word(kind);
        let rhythm = match (policy.workload, &*schedule_type) {
            (cast::Workload::Files, "FULL_BACKUP") => {
                Rhythm::DaysOfWeek((1..=5).map(|week| format!("{week}:7")).collect())
            }
            (_, "FULL_BACKUP") => Rhythm::Every(604_800),
            (_, "APPLICATION_BACKUP") => Rhythm::Every(3_600),
            _ => Rhythm::Every(86_400),
        };
        Schedule {
            name: word(name),
            schedule_type,
            rhythm,
        }
    });
    Policy {
        active: policy.active,
        storage: word(policy.unit),
        clients: policy.clients.iter().map(|&client| word(client)).collect(),
        schedules: schedules.collect(),
        ..Policy::new(&word(policy.name), &word(policy.policy_type))
    }
}
