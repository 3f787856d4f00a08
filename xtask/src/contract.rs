//! The vendor's OpenAPI files against our endpoint table and models.

use crate::steps::NotHere;
use anyhow::{Context as _, bail, ensure};
use std::path::PathBuf;
use xshell::{Shell, cmd};

/// The environment variable that names the directory with the vendor's files.
const SPECS_DIR: &str = "NBU_SPECS_DIR";

/// Runs nbu-api's contract tests over the files in `specs`, or in `NBU_SPECS_DIR`.
pub(crate) fn run(sh: &Shell, specs: Option<PathBuf>) -> anyhow::Result<()> {
    let Some(specs) = specs.or_else(|| sh.var_os(SPECS_DIR).map(PathBuf::from)) else {
        bail!(NotHere(format!(
            "no directory given and {SPECS_DIR} is not set; the vendor's OpenAPI files are not part of this project"
        )));
    };
    ensure!(
        specs.is_dir(),
        "{} is not a directory with the vendor's OpenAPI files",
        specs.display()
    );
    let specs = specs
        .canonicalize()
        .with_context(|| format!("resolving {}", specs.display()))?;
    let _specs = sh.push_env(SPECS_DIR, &specs);
    Ok(cmd!(
        sh,
        "cargo test --locked --workspace --test it contract -- --nocapture"
    )
    .run()?)
}
