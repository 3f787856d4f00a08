//! Which build this is.

/// The version of the package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The revision it was built from; empty when the build did not say (`NBU_EXPORTER_REVISION`).
pub const REVISION: &str = match option_env!("NBU_EXPORTER_REVISION") {
    Some(revision) => revision,
    None => "",
};

/// The compiler that built it, for example `1.95.0`.
pub const RUSTC: &str = env!("NBU_EXPORTER_BUILT_RUSTC");

/// The platform it was built for, for example `x86_64-unknown-linux-gnu`.
pub const PLATFORM: &str = env!("NBU_EXPORTER_BUILT_TARGET");

/// One line, as printed by `-V`.
pub const SHORT: &str = VERSION;

/// Several lines, as printed after the name by `--version`.
pub const LONG: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    env!("NBU_EXPORTER_BUILT_REVISION"),
    "\n  rustc:    ",
    env!("NBU_EXPORTER_BUILT_RUSTC"),
    "\n  platform: ",
    env!("NBU_EXPORTER_BUILT_TARGET"),
);
