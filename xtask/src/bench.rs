//! The numbers: criterion's tables, then the real binary against the simulator.

use xshell::{Shell, cmd};

/// Runs every bench whose name contains `filter`, or all.
pub(crate) fn run(sh: &Shell, filter: Option<&str>) -> anyhow::Result<()> {
    let filter = filter.as_slice();
    cmd!(
        sh,
        "cargo bench --locked -p nbu-api -p nbu-client -p nbu-metrics --benches -- {filter...}"
    )
    .run()?;
    cmd!(sh, "cargo build --locked --release -p nbu-exporter").run()?;
    Ok(cmd!(
        sh,
        "cargo bench --locked -p nbu-tests --benches -- {filter...}"
    )
    .run()?)
}
