//! The `nbu-exporter` command. What it does is in the library; see [`nbu_exporter::command`].

use std::process::ExitCode;

fn main() -> ExitCode {
    nbu_exporter::command::main()
}
