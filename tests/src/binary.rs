//! Where the binary under test is.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The binary that cargo built beside this test or bench.
pub(crate) fn path() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        // A test executable lives in target/<profile>/deps.
        let test = std::env::current_exe().expect("the test's own path");
        let profile = test.ancestors().nth(2).expect("the profile's directory");
        let binary = profile.join(format!(
            "nbu-exporter-under-test{}",
            std::env::consts::EXE_SUFFIX
        ));
        assert!(binary.is_file(), "cargo built no {}", binary.display());
        binary
    })
}
