//! The fuzz targets: built once, each run for a bounded time from its committed corpus.

use crate::tools;
use anyhow::{Context as _, ensure};
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// How long each target runs unless told otherwise.
pub(crate) const SECONDS: u32 = 60;

const INSTALL: &str = "cargo install --locked cargo-fuzz";
/// An input that takes longer, in seconds, or more memory, in MiB, is a crash.
const SLOWEST: u32 = 10;
const LARGEST: u32 = 1024;

/// How one target did.
struct Outcome {
    target: String,
    executions: u64,
    coverage: u64,
    crashed: bool,
}

/// Builds all targets, runs each or the one named, prints a table, and fails if one crashed.
pub(crate) fn run(sh: &Shell, seconds: u32, target: Option<&str>) -> anyhow::Result<()> {
    tools::require_nightly(sh, &["rust-std"])?;
    tools::require(sh, "cargo-fuzz", INSTALL)?;
    // The code is free of `unsafe`, so that no sanitizer has anything to watch, and without one it is faster.
    let _directory = sh.push_dir("fuzz");
    cmd!(sh, "cargo +nightly fuzz build --sanitizer none").run()?;
    let listed = cmd!(sh, "cargo +nightly fuzz list").quiet().read()?;
    let targets: Vec<&str> = listed
        .lines()
        .filter(|name| target.is_none_or(|wanted| wanted == *name))
        .collect();
    ensure!(
        !targets.is_empty(),
        "there is no such target; these are: {}",
        listed.replace('\n', ", ")
    );
    let binaries = binaries(sh)?;
    let outcomes = targets
        .into_iter()
        .map(|target| play(sh, &binaries, target, seconds))
        .collect::<anyhow::Result<Vec<_>>>()?;
    if outcomes
        .iter()
        .any(|outcome| outcome.target == "exposition")
    {
        promtool(sh, &binaries)?;
    }
    report(&outcomes)
}

/// Where cargo-fuzz puts what it builds.
fn binaries(sh: &Shell) -> anyhow::Result<PathBuf> {
    let version = cmd!(sh, "rustc +nightly -vV").quiet().read()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("`rustc -vV` names no host")?;
    Ok(sh.current_dir().join("target").join(host).join("release"))
}

/// Runs one target. What it finds on the way is kept under `target`, so that the committed corpus stays as it is.
fn play(sh: &Shell, binaries: &Path, target: &str, seconds: u32) -> anyhow::Result<Outcome> {
    let binary = binaries.join(target);
    let found = sh.create_dir(sh.current_dir().join("target/found").join(target))?;
    let corpus = sh.create_dir(sh.current_dir().join("corpus").join(target))?;
    let artifacts = sh.create_dir(sh.current_dir().join("artifacts").join(target))?;
    let artifacts = format!("-artifact_prefix={}/", artifacts.display());
    let (seconds, slowest) = (
        format!("-max_total_time={seconds}"),
        format!("-timeout={SLOWEST}"),
    );
    let largest = format!("-rss_limit_mb={LARGEST}");
    let output = cmd!(
        sh,
        "{binary} {seconds} {slowest} {largest} -max_len=16384 -print_final_stats=1 {artifacts} {found} {corpus}"
    )
    .env("RUST_BACKTRACE", "0")
    .ignore_status()
    .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let crashed = !output.status.success();
    if crashed {
        eprintln!("{said}");
    }
    Ok(Outcome {
        target: target.to_owned(),
        executions: last_number(&said, "stat::number_of_executed_units:"),
        coverage: last_number(&said, " cov:"),
        crashed,
    })
}

/// The number behind the last `label`; 0 if there is none.
fn last_number(said: &str, label: &str) -> u64 {
    said.rsplit(label)
        .next()
        .filter(|rest| rest.len() < said.len())
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

/// Lets promtool read the pages that the committed corpus makes, where there is a promtool.
fn promtool(sh: &Shell, binaries: &Path) -> anyhow::Result<()> {
    if tools::require(sh, "promtool", "").is_err() {
        println!("promtool: SKIPPED: not installed");
        return Ok(());
    }
    let pages = sh.create_temp_dir()?;
    let (binary, corpus) = (binaries.join("exposition"), "corpus/exposition");
    cmd!(sh, "{binary} -runs=0 {corpus}")
        .env("NBU_FUZZ_PAGES", pages.path())
        .ignore_stderr()
        .run()?;
    let pages = sh.read_dir(pages.path())?;
    for page in &pages {
        let page = sh.read_file(page)?;
        cmd!(sh, "promtool check metrics")
            .stdin(page)
            .quiet()
            .run()?;
    }
    println!("promtool: {} pages of the corpus are valid", pages.len());
    Ok(())
}

fn report(outcomes: &[Outcome]) -> anyhow::Result<()> {
    println!(
        "\n{:<16} {:>12} {:>9}  crashes",
        "target", "executions", "coverage"
    );
    for outcome in outcomes {
        println!(
            "{:<16} {:>12} {:>9}  {}",
            outcome.target,
            outcome.executions,
            outcome.coverage,
            u8::from(outcome.crashed)
        );
    }
    let crashed = outcomes.iter().filter(|outcome| outcome.crashed).count();
    ensure!(
        crashed == 0,
        "{crashed} targets crashed; the inputs are in fuzz/artifacts"
    );
    Ok(())
}
