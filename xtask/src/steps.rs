//! Checks in a row: each timed, all run even after one failed, a summary at the end.

use anyhow::bail;
use std::fmt;
use std::time::Instant;
use xshell::Shell;

/// A check by its name.
pub(crate) type Step = (&'static str, fn(&Shell) -> anyhow::Result<()>);

/// The error of a check that lacks something the project does not ship. Among other steps it counts as skipped.
#[derive(Debug)]
pub(crate) struct NotHere(pub(crate) String);

impl fmt::Display for NotHere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotHere {}

/// Runs all steps and prints a table. Fails if one failed. `title` begins the closing line.
pub(crate) fn run(sh: &Shell, title: &str, steps: &[Step]) -> anyhow::Result<()> {
    let mut report = Vec::new();
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (name, step) in steps {
        println!("\n==> {name}");
        let began = Instant::now();
        let (count, ending) = match step(sh) {
            Ok(()) => (&mut passed, "ok"),
            Err(error) if error.is::<NotHere>() => {
                println!("skipped: {error}");
                (&mut skipped, "skipped")
            }
            Err(error) => {
                eprintln!("error: {name}: {error:#}");
                (&mut failed, "FAILED")
            }
        };
        *count += 1;
        report.push((name, ending, began.elapsed()));
    }

    println!("\n{:<12} {:<7} {:>8}", "step", "", "seconds");
    for (name, ending, took) in report {
        println!("{name:<12} {ending:<7} {:>8.1}", took.as_secs_f64());
    }
    println!("\n{title}: {passed} passed, {failed} failed, {skipped} skipped");
    if failed > 0 {
        bail!("{failed} of {} steps failed", steps.len());
    }
    Ok(())
}
