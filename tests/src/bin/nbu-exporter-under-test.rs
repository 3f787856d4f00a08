//! The exporter's own main, built with the tests so that cargo keeps it current for them.

use std::process::ExitCode;

fn main() -> ExitCode {
    nbu_exporter::command::main()
}
