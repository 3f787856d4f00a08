//! The gate: every check but the tests, each step timed, a summary at the end.

use crate::{checks, contract, fuzz, loom, miri, prometheus};
use anyhow::bail;
use std::time::Instant;
use xshell::Shell;

type Step = (&'static str, fn(&Shell) -> anyhow::Result<()>);

const STEPS: &[Step] = &[
    ("fmt", |sh| checks::fmt(sh, false)),
    ("lint", checks::lint),
    ("deny", |sh| checks::deny(sh, false)),
    ("docs", checks::docs),
    ("contract", |sh| contract::run(sh, None)),
    ("loom", loom::run),
    ("mutants", loom::mutants),
    ("miri", miri::run),
    ("fuzz", |sh| fuzz::run(sh, fuzz::SECONDS, None)),
    ("hostile", checks::hostile),
    ("prometheus", prometheus::run),
    ("package", checks::package),
];

/// Runs all steps, also after one failed, so that one run tells everything.
pub(crate) fn run(sh: &Shell) -> anyhow::Result<()> {
    let mut report = Vec::new();
    for (name, step) in STEPS {
        println!("\n==> {name}");
        let began = Instant::now();
        let outcome = step(sh);
        if let Err(error) = &outcome {
            eprintln!("error: {name}: {error:#}");
        }
        report.push((name, outcome.is_ok(), began.elapsed()));
    }

    println!("\n{:<12} {:<6} {:>8}", "step", "", "seconds");
    for (name, passed, took) in &report {
        println!(
            "{name:<12} {:<6} {:>8.1}",
            if *passed { "ok" } else { "FAILED" },
            took.as_secs_f64()
        );
    }
    let failed = report.iter().filter(|(_, passed, _)| !passed).count();
    println!("\nci: {} passed, {failed} failed", report.len() - failed);
    if failed > 0 {
        bail!("{failed} of {} steps failed", report.len());
    }
    Ok(())
}
