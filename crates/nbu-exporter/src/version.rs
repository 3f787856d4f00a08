//! Version and origin of this build. Revision and date are those of the last run of the build script: edits that are not
//! committed do not show.

/// The version of the package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The revision it was built from: `NBU_EXPORTER_REVISION` of the build, else the commit of the package or of the working tree;
/// `none` where there is neither.
pub const REVISION: &str = env!("NBU_EXPORTER_BUILT_REVISION");

/// The day on which it was built, for example `2026-01-31`, or the one of `SOURCE_DATE_EPOCH`.
pub const DATE: &str = env!("NBU_EXPORTER_BUILT_DATE");

/// The compiler that built it, for example `1.95.0`.
pub const RUSTC: &str = env!("NBU_EXPORTER_BUILT_RUSTC");

/// The platform it was built for, for example `x86_64-unknown-linux-gnu`.
pub const PLATFORM: &str = env!("NBU_EXPORTER_BUILT_TARGET");

/// The answer to `--version`, in the form that Prometheus exporters share.
pub fn text() -> String {
    format!(
        "nbu-exporter, version {VERSION} (revision: {REVISION})\n  build date: {DATE}\n  rustc:      {RUSTC}\n  platform:   {PLATFORM}\n"
    )
}
