//! When runs arrive: at random, more at night than at noon.

use fastrand::Rng;

use super::{
    cast::Cast,
    plan::{Drawer, Plan},
};

const DAY_MS: f64 = 86_400_000.0;

/// Hourly weights of a day in UTC, mean about one, at most [`PEAK`].
const HOURS: [f64; 24] = [
    2.0, 1.9, 1.6, 1.3, 1.1, 0.9, 0.6, 0.5, 0.5, 0.5, 0.5, 0.6, //
    0.7, 0.6, 0.5, 0.5, 0.6, 0.7, 1.0, 1.3, 1.6, 1.9, 2.0, 2.0,
];
const PEAK: f64 = 2.0;

/// A Poisson process whose rate follows the hour.
#[derive(Debug)]
pub(crate) struct Arrivals {
    /// Of candidates, of which the hour then admits a share.
    mean_gap_ms: f64,
}

impl Arrivals {
    /// `None` when nothing ever arrives.
    pub(crate) fn new(jobs_per_day: u32, drawer: &Drawer, cast: &Cast, seed: u64) -> Option<Self> {
        if jobs_per_day == 0 {
            return None;
        }
        let jobs_per_run = jobs_per_run(drawer, cast, seed);
        let runs_per_day = f64::from(jobs_per_day) / jobs_per_run;
        Some(Self {
            mean_gap_ms: DAY_MS / (runs_per_day * PEAK),
        })
    }

    /// Milliseconds to the next candidate, at least one.
    pub(crate) fn gap_ms(&self, rng: &mut Rng) -> i64 {
        let gap = -(1.0 - rng.f64()).ln() * self.mean_gap_ms;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a float to integer cast saturates"
        )]
        let gap = gap as i64;
        gap.max(1)
    }

    /// Whether the candidate at `life_ms` becomes a run.
    pub(crate) fn admits(rng: &mut Rng, life_ms: i64) -> bool {
        let hour = usize::try_from(life_ms.rem_euclid(86_400_000) / 3_600_000).unwrap_or(0);
        rng.f64() * PEAK < HOURS[hour]
    }
}

/// The mean size of a run, from a sample drawn aside.
fn jobs_per_run(drawer: &Drawer, cast: &Cast, seed: u64) -> f64 {
    const SAMPLE: u32 = 400;
    let mut rng = Rng::with_seed(seed ^ 0x5eed);
    let jobs: usize = (0..SAMPLE).map(|_| size(&drawer.run(&mut rng, cast))).sum();
    jobs as f64 / f64::from(SAMPLE)
}

/// The jobs of a run.
pub(crate) fn size(plan: &Plan) -> usize {
    1 + plan.children.iter().map(size).sum::<usize>()
}
