//! Programs that are not part of a Rust installation: present, or an error that says how to get them.

use anyhow::bail;
use xshell::{Shell, cmd};

/// Fails unless `program` answers `--version`; `install` is the command that brings it.
pub(crate) fn require(sh: &Shell, program: &str, install: &str) -> anyhow::Result<()> {
    let answered = cmd!(sh, "{program} --version")
        .quiet()
        .ignore_stdout()
        .ignore_stderr()
        .run();
    if answered.is_err() {
        bail!("`{program}` is not installed; install it with: {install}");
    }
    Ok(())
}

/// Fails unless the nightly toolchain is there with these components. Installs nothing, and keeps rustup from doing so.
pub(crate) fn require_nightly(sh: &Shell, components: &[&str]) -> anyhow::Result<()> {
    let listed = cmd!(sh, "rustup component list --toolchain nightly --installed")
        .env("RUSTUP_AUTO_INSTALL", "0")
        .quiet()
        .ignore_stderr()
        .read()
        .unwrap_or_default();
    let missing = |component: &&&str| !listed.lines().any(|line| line.starts_with(**component));
    if components.iter().any(|component| missing(&component)) {
        bail!(
            "the nightly toolchain lacks what this needs; add it with: rustup toolchain install nightly --profile minimal --component {}",
            components.join(",")
        );
    }
    Ok(())
}
