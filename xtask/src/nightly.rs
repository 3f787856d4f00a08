//! The checks that take long. Each is a command of its own, too.

use crate::steps::{self, Step};
use crate::{fuzz, loom, tsan};
use xshell::Shell;

const STEPS: &[Step] = &[
    ("mutants", loom::mutants),
    ("tsan", tsan::run),
    ("fuzz", |sh| fuzz::run(sh, fuzz::SECONDS, None)),
];

/// Runs all steps, also after one failed.
pub(crate) fn run(sh: &Shell) -> anyhow::Result<()> {
    steps::run(sh, "nightly", STEPS)
}
