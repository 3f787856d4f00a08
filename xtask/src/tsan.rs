//! The client's tests under ThreadSanitizer.

use crate::tools;
use anyhow::Context as _;
use xshell::{Shell, cmd};

/// The tracker's laws on real threads and the client's async tests on real sockets, with std and every dependency
/// instrumented. (What ring does in assembly is not, and shares nothing between threads.)
pub(crate) fn run(sh: &Shell) -> anyhow::Result<()> {
    tools::require_nightly(sh, &["rust-src"])?;
    // Naming the target keeps the sanitizer out of build scripts and macros.
    let target = host(sh)?;
    let directory = sh.current_dir().join("target/tsan");
    println!(
        "$ export RUSTFLAGS=-Zsanitizer=thread CARGO_TARGET_DIR={}",
        directory.display()
    );
    let _flags = sh.push_env("RUSTFLAGS", "-Zsanitizer=thread");
    let _directory = sh.push_env("CARGO_TARGET_DIR", directory);
    Ok(cmd!(
        sh,
        "cargo +nightly test --locked -Zbuild-std --target {target} -p nbu-client --test miri --test tracker --test it"
    )
    .run()?)
}

fn host(sh: &Shell) -> anyhow::Result<String> {
    let version = cmd!(sh, "rustc -vV").quiet().read()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("`rustc -vV` names no host")?.to_owned())
}
