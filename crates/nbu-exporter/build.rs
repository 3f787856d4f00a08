//! Tells the crate which compiler, target and revision it is built with, for `--version` and the build info metric.

use std::process::Command;

#[expect(
    clippy::disallowed_methods,
    reason = "cargo talks to build scripts through the environment"
)]
fn variable(name: &str) -> Option<String> {
    println!("cargo::rerun-if-env-changed={name}");
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let compiler = variable("RUSTC").unwrap_or_else(|| "rustc".to_owned());
    let answer = Command::new(compiler).arg("--version").output();
    let answer = answer
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    let version = answer.split_whitespace().nth(1).unwrap_or("unknown");
    let target = variable("TARGET").unwrap_or_else(|| "unknown".to_owned());
    let revision =
        variable("NBU_EXPORTER_REVISION").map(|revision| format!(" (revision {revision})"));
    println!("cargo::rustc-env=NBU_EXPORTER_BUILT_RUSTC={version}");
    println!("cargo::rustc-env=NBU_EXPORTER_BUILT_TARGET={target}");
    println!(
        "cargo::rustc-env=NBU_EXPORTER_BUILT_REVISION={}",
        revision.unwrap_or_default()
    );
}
