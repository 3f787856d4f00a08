//! The gate: every check but the tests and what takes long.

use crate::steps::{self, Step};
use crate::{checks, contract, loom, miri, prometheus};
use xshell::Shell;

const STEPS: &[Step] = &[
    ("fmt", |sh| checks::fmt(sh, false)),
    ("lint", checks::lint),
    ("deny", |sh| checks::deny(sh, false)),
    ("docs", checks::docs),
    ("contract", |sh| contract::run(sh, None)),
    ("loom", loom::run),
    ("miri", miri::run),
    ("hostile", checks::hostile),
    ("prometheus", prometheus::run),
    ("package", checks::package),
];

/// Runs all steps, also after one failed.
pub(crate) fn run(sh: &Shell) -> anyhow::Result<()> {
    steps::run(sh, "ci", STEPS)
}
