//! How many jobs there are, how they come and how they end.

use std::time::Duration;

pub(crate) mod arrival;
pub(crate) mod block;
pub(crate) mod cast;
pub(crate) mod job;
pub(crate) mod name;
pub(crate) mod plan;
pub(crate) mod spec;
pub(crate) mod world;

/// The job population of a simulated primary.
#[derive(Clone, Debug)]
pub struct Population {
    /// Finished jobs present at the start.
    pub preloaded: usize,
    /// The time before the start over which they are spread.
    pub span: Duration,
    /// About how many jobs are created per simulated day, more at night than at noon. 0: only what was preloaded
    /// and what the test adds.
    pub jobs_per_day: u32,
    /// How long the living part has already run at the start, so that some jobs are queued and active.
    pub warm_up: Duration,
    /// Hosts and virtual machines.
    pub clients: u32,
    /// Policies, over all policy types.
    pub policies: u32,
    /// A record vanishes this long after its job ended.
    pub retention: Duration,
    /// How much of a record is written.
    pub record: RecordSize,
    /// The status of finished leaf jobs: code and weight.
    pub outcomes: Vec<(i32, u32)>,
    /// The largest number of streams of a multistream backup. 1: no backup has children.
    pub max_streams: u16,
}

/// How much of a job's record is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordSize {
    /// Some seventy attributes, about 1.8 KB, as real primaries send.
    #[default]
    Full,
    /// What monitoring reads, about 700 B.
    Lean,
}

impl Population {
    /// No jobs at all but those the test adds.
    pub fn empty() -> Self {
        Self::finished(0)
    }

    /// `jobs` finished jobs, spread over the day before the start; nothing moves.
    pub fn finished(jobs: usize) -> Self {
        Self {
            preloaded: jobs,
            jobs_per_day: 0,
            ..Self::default()
        }
    }

    /// A primary that runs about `jobs_per_day` jobs a day and has done so for a day.
    pub fn living(jobs_per_day: u32) -> Self {
        Self {
            preloaded: jobs_per_day as usize,
            jobs_per_day,
            ..Self::default()
        }
    }
}

impl Default for Population {
    fn default() -> Self {
        Self {
            preloaded: 1_000,
            span: Duration::from_secs(86_400),
            jobs_per_day: 2_000,
            warm_up: Duration::from_secs(2 * 3600),
            clients: 120,
            policies: 18,
            retention: Duration::from_secs(7 * 86_400),
            record: RecordSize::Full,
            outcomes: vec![
                (0, 9_200),
                (1, 260),
                (196, 120),
                (150, 90),
                (2106, 80),
                (71, 70),
                (6, 60),
                (58, 50),
                (96, 30),
                (156, 20),
                (4274, 20),
            ],
            max_streams: 6,
        }
    }
}
