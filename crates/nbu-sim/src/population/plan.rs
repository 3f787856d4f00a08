//! Draws what a job will do before it does it, so that a job's fate depends on the seed and not on when anyone looks.

use fastrand::Rng;

use super::{
    Population,
    cast::{Cast, Policy, Workload},
    name::{Name, Names},
};

/// What a job will do.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// From its parent's activation (or its run's arrival) to its own creation.
    pub(crate) delay_ms: i64,
    pub(crate) queued_ms: i64,
    pub(crate) queue_reason: i16,
    pub(crate) run_ms: i64,
    pub(crate) status: i32,
    pub(crate) kib: u64,
    pub(crate) kib_sent: u64,
    pub(crate) files: u32,
    pub(crate) dedup: Option<u16>,
    pub(crate) stream: i16,
    pub(crate) job_type: Name,
    pub(crate) policy_type: Name,
    pub(crate) policy: Name,
    pub(crate) client: Name,
    pub(crate) workload: Name,
    pub(crate) schedule: Name,
    pub(crate) schedule_type: Name,
    pub(crate) unit: Name,
    pub(crate) server: Name,
    pub(crate) interruption: Option<Interruption>,
    pub(crate) silent: bool,
    pub(crate) no_end: bool,
    pub(crate) children: Vec<Self>,
}

/// A first try that does not reach the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    Requeued,
    Suspended,
    Incomplete,
}

/// Queue reasons and their weights: mostly storage unit limits, as on real primaries.
const QUEUE_REASONS: &[(i16, u32)] = &[
    (5, 40),
    (15, 15),
    (30, 15),
    (2, 10),
    (1, 8),
    (12, 6),
    (24, 4),
    (31, 2),
];

/// Words every draw needs.
#[derive(Debug)]
struct JobTypes {
    backup: Name,
    snapshot: Name,
    dbbackup: Name,
    duplicate: Name,
    replicate: Name,
    image_delete: Name,
    restore: Name,
    instant_access: Name,
}

/// Draws runs: a root job with its children.
#[derive(Debug)]
pub(crate) struct Drawer {
    types: JobTypes,
    slps: Vec<Name>,
    outcomes: Vec<(i32, u32)>,
    max_streams: u16,
}

impl Drawer {
    pub(crate) fn new(names: &mut Names, population: &Population) -> Self {
        Self {
            types: JobTypes {
                backup: names.name("BACKUP"),
                snapshot: names.name("SNAPSHOT"),
                dbbackup: names.name("DBBACKUP"),
                duplicate: names.name("DUPLICATE"),
                replicate: names.name("REPLICATE"),
                image_delete: names.name("IMAGEDELETE"),
                restore: names.name("RESTORE"),
                instant_access: names.name("INSTANT_ACCESS"),
            },
            slps: ["SLP_gold", "SLP_silver"]
                .map(|slp| names.name(slp))
                .to_vec(),
            outcomes: population.outcomes.clone(),
            max_streams: population.max_streams.max(1),
        }
    }

    pub(crate) fn run(&self, rng: &mut Rng, cast: &Cast) -> Plan {
        match rng.u8(..100) {
            0..78 => self.protection(rng, cast),
            78..88 => self.copy(rng, cast, self.types.duplicate),
            88..92 => self.copy(rng, cast, self.types.replicate),
            92..97 => self.housekeeping(rng, cast),
            97..99 => self.restore(rng, cast),
            _ => self.instant_access(rng, cast),
        }
    }

    fn protection(&self, rng: &mut Rng, cast: &Cast) -> Plan {
        let policy = &cast.policies[rng.usize(..cast.policies.len())];
        let schedule = schedule(rng, policy);
        let client = policy.clients[rng.usize(..policy.clients.len())];
        match policy.workload {
            Workload::Catalog => {
                self.leaf(rng, cast, policy, schedule, client, self.types.dbbackup)
            }
            Workload::VirtualMachines if self.max_streams > 1 => {
                let mut discovery =
                    self.leaf(rng, cast, policy, schedule, Name::NONE, self.types.backup);
                discovery.children = (0..rng.u16(1..=self.max_streams.min(4)))
                    .map(|_| {
                        let machine = policy.clients[rng.usize(..policy.clients.len())];
                        let mut snapshot =
                            self.leaf(rng, cast, policy, schedule, machine, self.types.snapshot);
                        snapshot.workload = machine;
                        let mut backup =
                            self.leaf(rng, cast, policy, schedule, machine, self.types.backup);
                        backup.workload = machine;
                        snapshot.children.push(backup.alone());
                        snapshot.into_parent()
                    })
                    .collect();
                discovery.into_parent()
            }
            Workload::VirtualMachines => {
                let mut backup = self.leaf(rng, cast, policy, schedule, client, self.types.backup);
                backup.workload = client;
                backup
            }
            Workload::Files | Workload::Database => {
                let streams = if rng.u8(..10) < 3 {
                    rng.u16(1..=self.max_streams)
                } else {
                    1
                };
                let mut root = self.leaf(rng, cast, policy, schedule, client, self.types.backup);
                if streams > 1 {
                    root.children = (1..=streams)
                        .map(|stream| {
                            let mut leaf =
                                self.leaf(rng, cast, policy, schedule, client, self.types.backup);
                            leaf.stream = i16::try_from(stream).unwrap_or(-1);
                            leaf.alone()
                        })
                        .collect();
                    root = root.into_parent();
                }
                root
            }
        }
    }

    fn leaf(
        &self,
        rng: &mut Rng,
        cast: &Cast,
        policy: &Policy,
        (schedule, schedule_type): (Name, Name),
        client: Name,
        job_type: Name,
    ) -> Plan {
        let status = weighted(rng, &self.outcomes);
        let exponent = rng.u32(10..30);
        let whole = (1_u64 << exponent) + rng.u64(..1_u64 << exponent);
        // What never started, and what was refused, moved nothing.
        let kib = match status {
            196 | 2106 | 58 | 71 => 0,
            150 | 6 | 96 => whole / 3,
            _ => whole,
        };
        let dedup = (policy.dedup && kib > 0).then(|| {
            let tenths = rng.u16(0..=1000);
            if rng.u8(..3) == 0 {
                tenths / 10 * 10
            } else {
                tenths
            }
        });
        let speed = rng.u64(30_000..150_000);
        let queued = rng.u8(..100) < 35;
        Plan {
            delay_ms: rng.i64(500..30_000),
            queued_ms: if queued {
                rng.i64(5_000..600_000)
            } else {
                rng.i64(200..2_000)
            },
            queue_reason: if queued {
                weighted(rng, QUEUE_REASONS)
            } else {
                -99
            },
            run_ms: rng.i64(2_000..45_000)
                + i64::try_from(kib.saturating_mul(1000) / speed).unwrap_or(0),
            status,
            kib,
            kib_sent: dedup.map_or(kib, |tenths| kib / 1000 * u64::from(1000 - tenths)),
            files: if kib == 0 { 0 } else { rng.u32(1..2_000_000) },
            dedup,
            stream: -1,
            job_type,
            policy_type: policy.policy_type,
            policy: policy.name,
            client,
            workload: Name::NONE,
            schedule,
            schedule_type,
            unit: policy.unit,
            server: cast.media_servers[rng.usize(..cast.media_servers.len())],
            interruption: match rng.u8(..200) {
                0..2 => Some(Interruption::Requeued),
                2 => Some(Interruption::Suspended),
                3 => Some(Interruption::Incomplete),
                _ => None,
            },
            silent: rng.u8(..100) == 0,
            no_end: false,
            children: Vec::new(),
        }
    }

    /// Duplications and replications: an SLP instead of a policy, no policy type, no schedule.
    fn copy(&self, rng: &mut Rng, cast: &Cast, job_type: Name) -> Plan {
        let source = &cast.policies[rng.usize(..cast.policies.len())];
        let client = source.clients[rng.usize(..source.clients.len())];
        let slp = self.slps[rng.usize(..self.slps.len())];
        Plan {
            policy: slp,
            policy_type: Name::NONE,
            ..self.leaf(
                rng,
                cast,
                source,
                (Name::NONE, Name::NONE),
                client,
                job_type,
            )
        }
    }

    /// Expired images are deleted: neither client nor policy nor storage unit.
    fn housekeeping(&self, rng: &mut Rng, cast: &Cast) -> Plan {
        let any = &cast.policies[0];
        Plan {
            policy: Name::NONE,
            policy_type: Name::NONE,
            unit: Name::NONE,
            server: Name::NONE,
            status: 0,
            kib: 0,
            kib_sent: 0,
            files: 0,
            dedup: None,
            run_ms: rng.i64(1_000..20_000),
            ..self.leaf(
                rng,
                cast,
                any,
                (Name::NONE, Name::NONE),
                Name::NONE,
                self.types.image_delete,
            )
        }
    }

    fn restore(&self, rng: &mut Rng, cast: &Cast) -> Plan {
        let source = &cast.policies[rng.usize(..cast.policies.len())];
        let client = source.clients[rng.usize(..source.clients.len())];
        Plan {
            unit: Name::NONE,
            dedup: None,
            ..self.leaf(
                rng,
                cast,
                source,
                (Name::NONE, Name::NONE),
                client,
                self.types.restore,
            )
        }
    }

    /// A mount that stays for hours, reports no progress and leaves its end time out.
    fn instant_access(&self, rng: &mut Rng, cast: &Cast) -> Plan {
        Plan {
            job_type: self.types.instant_access,
            run_ms: rng.i64(3_600_000..48 * 3_600_000),
            interruption: None,
            silent: true,
            no_end: true,
            kib: 0,
            kib_sent: 0,
            files: 0,
            status: 0,
            ..self.restore(rng, cast)
        }
    }
}

impl Plan {
    /// A parent does nothing itself and ends with its last child; its status is the worst of theirs.
    fn into_parent(mut self) -> Self {
        self.kib = 0;
        self.kib_sent = 0;
        self.files = 0;
        self.dedup = None;
        self.interruption = None;
        self.silent = false;
        self.status = worst(self.children.iter().map(|child| child.status));
        self
    }

    /// A child that cannot be interrupted, so that families stay simple to reason about.
    fn alone(mut self) -> Self {
        self.interruption = None;
        self
    }
}

/// A failure beats a partial success, a partial success beats a success.
pub(crate) fn worst(statuses: impl Iterator<Item = i32>) -> i32 {
    statuses.max_by_key(|&status| status.min(2)).unwrap_or(0)
}

fn schedule(rng: &mut Rng, policy: &Policy) -> (Name, Name) {
    let mut ticket = rng.u8(..100);
    for &(name, kind, share) in &policy.schedules {
        if ticket < share {
            return (name, kind);
        }
        ticket -= share;
    }
    (Name::NONE, Name::NONE)
}

fn weighted<T: Copy + Default>(rng: &mut Rng, table: &[(T, u32)]) -> T {
    let total: u32 = table.iter().map(|(_, weight)| weight).sum();
    if total == 0 {
        return T::default();
    }
    let mut ticket = rng.u32(..total);
    for &(value, weight) in table {
        if ticket < weight {
            return value;
        }
        ticket -= weight;
    }
    T::default()
}
