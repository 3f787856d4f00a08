//! A real Prometheus server against the real binary.

use crate::tools;
use xshell::{Shell, cmd};

const INSTALL: &str = "apt-get install prometheus   (Debian; it brings prometheus and promtool)";

/// Runs the tests that need `prometheus` and `promtool`.
pub(crate) fn run(sh: &Shell) -> anyhow::Result<()> {
    tools::require(sh, "prometheus", INSTALL)?;
    tools::require(sh, "promtool", INSTALL)?;
    cmd!(sh, "cargo build --locked -p nbu-exporter").run()?;
    Ok(cmd!(sh, "cargo test --locked -p nbu-tests --features prometheus --test prometheus -- --nocapture").run()?)
}
