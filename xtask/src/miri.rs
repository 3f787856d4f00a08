//! The tracker's laws on threads, under miri.

use crate::tools;
use xshell::{Shell, cmd};

/// One interleaving, and one choice of what each weak load sees, per seed.
const FLAGS: &str = "-Zmiri-strict-provenance -Zmiri-many-seeds=0..16";

pub(crate) fn run(sh: &Shell) -> anyhow::Result<()> {
    tools::require_nightly(sh, &["miri", "rust-src"])?;
    println!("$ export MIRIFLAGS='{FLAGS}'");
    let _flags = sh.push_env("MIRIFLAGS", FLAGS);
    Ok(cmd!(
        sh,
        "cargo +nightly miri test --locked -p nbu-client --no-default-features --test miri"
    )
    .run()?)
}
