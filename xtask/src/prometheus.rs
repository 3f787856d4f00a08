//! A real Prometheus server against the real binary.

use crate::tools;
use xshell::{Shell, cmd};

const INSTALL: &str = "apt-get install prometheus   (Debian; it brings prometheus and promtool)";

/// Runs the tests that need `prometheus` and `promtool`.
pub(crate) fn run(sh: &Shell) -> anyhow::Result<()> {
    tools::require(sh, "prometheus", INSTALL)?;
    tools::require(sh, "promtool", INSTALL)?;
    // The whole workspace is named so that its features, and with them what the tests built before, stay the same.
    Ok(cmd!(
        sh,
        "cargo test --locked --workspace --features nbu-tests/prometheus --test prometheus -- --nocapture"
    )
    .run()?)
}
