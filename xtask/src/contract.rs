//! The vendor's OpenAPI files against our endpoint table and models.

use anyhow::{Context as _, ensure};
use std::path::PathBuf;
use xshell::{Shell, cmd};

/// Runs nbu-api's contract tests over the files in `specs`, or in `NBU_SPECS_DIR`.
pub(crate) fn run(sh: &Shell, specs: Option<PathBuf>) -> anyhow::Result<()> {
    let Some(specs) = specs.or_else(|| sh.var_os("NBU_SPECS_DIR").map(PathBuf::from)) else {
        println!("contract: SKIPPED: no directory given and NBU_SPECS_DIR is not set");
        return Ok(());
    };
    ensure!(
        specs.is_dir(),
        "{} is not a directory with the vendor's OpenAPI files",
        specs.display()
    );
    let specs = specs
        .canonicalize()
        .with_context(|| format!("resolving {}", specs.display()))?;
    let _specs = sh.push_env("NBU_SPECS_DIR", &specs);
    Ok(cmd!(
        sh,
        "cargo test --locked --workspace --test it contract -- --nocapture"
    )
    .run()?)
}
