//! The checks that cargo and its plugins make by themselves.

use crate::tools;
use std::hash::{BuildHasher as _, RandomState};
use xshell::{Shell, cmd};

pub(crate) fn fmt(sh: &Shell, fix: bool) -> anyhow::Result<()> {
    let check: &[&str] = if fix { &[] } else { &["--check"] };
    Ok(cmd!(sh, "cargo fmt --all {check...}").run()?)
}

pub(crate) fn lint(sh: &Shell) -> anyhow::Result<()> {
    cmd!(
        sh,
        "cargo clippy --locked --workspace --all-targets -- -D warnings"
    )
    .run()?;
    // The binary without its simulated primaries is a product of its own.
    Ok(cmd!(
        sh,
        "cargo clippy --locked -p nbu-exporter --no-default-features --all-targets -- -D warnings"
    )
    .run()?)
}

pub(crate) fn test(sh: &Shell) -> anyhow::Result<()> {
    Ok(cmd!(sh, "cargo test --locked --workspace").run()?)
}

/// A hundred hostile primaries beside a healthy one: minutes, and so apart from the other tests.
pub(crate) fn hostile(sh: &Shell) -> anyhow::Result<()> {
    // The whole workspace is named so that its features, and with them what the tests built before, stay the same.
    Ok(cmd!(
        sh,
        "cargo test --locked --workspace --test it hostile::every_fault -- --ignored --nocapture"
    )
    .run()?)
}

pub(crate) fn deny(sh: &Shell, advisories: bool) -> anyhow::Result<()> {
    tools::require(sh, "cargo-deny", "cargo install --locked cargo-deny")?;
    if advisories {
        cmd!(sh, "cargo deny check advisories").run()?;
    }
    // The dependencies of every platform are judged, and a build fetches only this one's.
    cmd!(sh, "cargo fetch --locked").run()?;
    Ok(cmd!(sh, "cargo deny --offline check bans licenses sources").run()?)
}

pub(crate) fn docs(sh: &Shell) -> anyhow::Result<()> {
    let _warnings = sh.push_env("RUSTDOCFLAGS", "-D warnings");
    Ok(cmd!(sh, "cargo doc --locked --workspace --no-deps").run()?)
}

/// Every crate as it would be published, built from its package and those of the crates before it.
pub(crate) fn package(sh: &Shell) -> anyhow::Result<()> {
    // Cargo unpacks the crates before it once for each place, and takes them for unchanged as long as their version is: only
    // in a place that never was does it see today's. A fresh hasher's seed is a random number.
    let place = format!("target/packages/{:016x}", RandomState::new().hash_one(()));
    let packaged = cmd!(
        sh,
        "cargo package --locked --workspace --target-dir {place}"
    )
    .run();
    sh.remove_path(place)?;
    Ok(packaged?)
}
