//! Tells the crate which compiler, target and revision it is built with, for `--version`, the log and the build info metric.
//!
//! Runs again when the commit, a variable that it reads or this file changes, and not at every edit: revision and date are those
//! of its last run, and say nothing about edits since.

use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;

/// The file in which cargo says from which revision a package was made.
const PACKAGED: &str = ".cargo_vcs_info.json";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let compiler = variable("RUSTC").unwrap_or_else(|| "rustc".to_owned());
    let answer = output(&compiler, &["--version"]).unwrap_or_default();
    let version = answer.split_whitespace().nth(1).unwrap_or("unknown");
    let target = variable("TARGET").unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=NBU_EXPORTER_BUILT_RUSTC={version}");
    println!("cargo::rustc-env=NBU_EXPORTER_BUILT_TARGET={target}");
    println!(
        "cargo::rustc-env=NBU_EXPORTER_BUILT_REVISION={}",
        revision().unwrap_or_else(|| "none".to_owned())
    );
    println!("cargo::rustc-env=NBU_EXPORTER_BUILT_DATE={}", date());
}

#[expect(
    clippy::disallowed_methods,
    reason = "cargo talks to build scripts through the environment"
)]
fn variable(name: &str) -> Option<String> {
    println!("cargo::rerun-if-env-changed={name}");
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// As told from outside; else as noted in the package; else that of the working tree.
fn revision() -> Option<String> {
    variable("NBU_EXPORTER_REVISION")
        .or_else(packaged)
        .or_else(checked_out)
}

fn packaged() -> Option<String> {
    let noted = std::fs::read_to_string(PACKAGED).ok()?;
    println!("cargo::rerun-if-changed={PACKAGED}");
    let (_, behind) = noted.split_once("\"sha1\"")?;
    let revision = behind.split('"').nth(1)?;
    let is_hash = !revision.is_empty() && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| revision.to_owned())
}

fn checked_out() -> Option<String> {
    // The sources may lie in the working tree of another project, whose revision says nothing about them.
    git(&["ls-files", "--error-unmatch", "build.rs"])?;
    let branch = git(&["rev-parse", "--symbolic-full-name", "HEAD"])?;
    for file in ["HEAD", "logs/HEAD", "packed-refs", branch.as_str()] {
        let path = git(&["rev-parse", "--git-path", file])?;
        // Cargo takes a file that is missing for one that has changed.
        if Path::new(&path).is_file() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    git(&["rev-parse", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    output("git", arguments)
}

/// The output of a program; `None` if it is not there or fails.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// The day of the build, or the one that a reproducible build is told.
fn date() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "the date of the build, not of a run"
    )]
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let told = variable("SOURCE_DATE_EPOCH").and_then(|seconds| seconds.parse().ok());
    let seconds = told.or_else(|| i64::try_from(now()?.as_secs()).ok());
    let time = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    time.map_or_else(|| "unknown".to_owned(), |time| time.date().to_string())
}
