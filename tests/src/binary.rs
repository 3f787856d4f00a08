//! Where the binary under test is.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The binary cargo built for this profile; built now when a test runs alone.
pub(crate) fn path() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        // A test executable lives in target/<profile>/deps.
        let profile = std::env::current_exe()
            .expect("the test's own path")
            .ancestors()
            .nth(2)
            .expect("the profile's directory")
            .to_owned();
        let binary = profile.join(format!("nbu-exporter{}", std::env::consts::EXE_SUFFIX));
        let mut build = Command::new(env!("CARGO"));
        build.args([
            "build",
            "--quiet",
            "--locked",
            "--package",
            "nbu-exporter",
            "--manifest-path",
        ]);
        build.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"));
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(
            build.status().expect("cargo starts").success(),
            "the binary under test does not build"
        );
        assert!(binary.is_file(), "cargo built no {}", binary.display());
        binary
    })
}
