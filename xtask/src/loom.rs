//! The connection tracker under loom, and the bugs that its laws must notice.

use anyhow::{Context as _, bail, ensure};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use xshell::{Shell, cmd};

/// How many times a thread may lose the processor against its will, per interleaving.
const PREEMPTIONS: &str = "3";
/// Seconds after which loom stops looking for an interleaving that fails. A bug not found by then has survived.
const PATIENCE: &str = "60";
/// The test that prints the table.
const TABLE: &str = "laws::table::every_law_names_a_bug_that_breaks_it";
const SOURCES: &str = "crates/nbu-client/src";

/// Every law, as the code stands.
pub(crate) fn run(sh: &Shell) -> anyhow::Result<()> {
    let _env = environment(sh);
    Ok(cmd!(
        sh,
        "cargo test --locked -p nbu-client --no-default-features --test loom --release"
    )
    .run()?)
}

/// Every law, and then every law again with each of its bugs switched on: one build.
pub(crate) fn mutants(sh: &Shell) -> anyhow::Result<()> {
    let _env = environment(sh);
    let laws = build(sh)?;
    // A law that fails as the code stands would notice anything.
    cmd!(sh, "{laws}").run()?;

    let table = table(sh, &laws)?;
    compare_with_tests(&table, &listed_tests(sh, &laws)?)?;
    compare_with_source(&table, &planted(sh, Path::new(SOURCES))?)?;

    let began = Instant::now();
    let trials: Vec<Trial> = table
        .into_iter()
        .map(|pair| Trial::hold(sh, &laws, pair))
        .collect::<anyhow::Result<_>>()?;
    report(&trials);
    println!(
        "{} pairs in {:.1} s",
        trials.len(),
        began.elapsed().as_secs_f64()
    );

    let missed = trials
        .iter()
        .filter(|trial| !matches!(trial.verdict, Verdict::Noticed(_)))
        .count();
    ensure!(
        missed == 0,
        "{missed} of {} bugs went unnoticed",
        trials.len()
    );
    Ok(())
}

/// A law and a bug that it must notice.
struct Pair {
    law: String,
    mutant: String,
}

/// One law, played with one bug.
struct Trial {
    pair: Pair,
    verdict: Verdict,
    took: Duration,
}

enum Verdict {
    /// The law failed, and how.
    Noticed(String),
    Survived,
    NeverConsulted,
}

impl Trial {
    fn hold(sh: &Shell, laws: &Path, pair: Pair) -> anyhow::Result<Trial> {
        let Pair { law, mutant } = &pair;
        let began = Instant::now();
        let output = cmd!(sh, "{laws} --exact {law}")
            .env("NBU_MUTANT", mutant)
            .env("LOOM_MAX_DURATION", PATIENCE)
            .env("RUST_BACKTRACE", "0")
            .quiet()
            .ignore_status()
            .output()?;
        let took = began.elapsed();

        // The line that `sync::mutant` writes; a deadlock ends in an abort, with the panic on standard error, a failed
        // assertion in the harness's report on standard output.
        let stderr = String::from_utf8_lossy(&output.stderr);
        let verdict = if !stderr
            .lines()
            .any(|line| line == format!("mutant consulted: {mutant}"))
        {
            Verdict::NeverConsulted
        } else if output.status.success() {
            Verdict::Survived
        } else {
            let said = format!("{}\n{stderr}", String::from_utf8_lossy(&output.stdout));
            Verdict::Noticed(first_panic(&said))
        };
        Ok(Trial {
            pair,
            verdict,
            took,
        })
    }
}

fn first_panic(said: &str) -> String {
    let mut lines = said
        .lines()
        .skip_while(|line| !line.contains("panicked at"))
        .skip(1);
    let message = lines.next().unwrap_or("failed without a panic");
    message.split(';').next().unwrap_or(message).to_owned()
}

fn report(trials: &[Trial]) {
    let wide = |column: fn(&Pair) -> &str| {
        trials
            .iter()
            .map(|trial| column(&trial.pair).len())
            .max()
            .unwrap_or(0)
    };
    let (laws, mutants) = (wide(|pair| &pair.law), wide(|pair| &pair.mutant));
    println!(
        "\n{:<laws$}  {:<mutants$}  {:>6}  noticed by",
        "law", "bug", "ms"
    );
    for Trial {
        pair,
        verdict,
        took,
    } in trials
    {
        let verdict = match verdict {
            Verdict::Noticed(how) => how,
            Verdict::Survived => "SURVIVED",
            Verdict::NeverConsulted => "NEVER CONSULTED",
        };
        println!(
            "{:<laws$}  {:<mutants$}  {:>6}  {verdict}",
            pair.law,
            pair.mutant,
            took.as_millis()
        );
    }
}

/// Loom wants its cfg in every crate it meets, so it gets a target directory of its own.
fn environment(sh: &Shell) -> [xshell::PushEnv<'_>; 3] {
    let target = sh.current_dir().join("target/loom");
    println!(
        "$ export RUSTFLAGS='--cfg loom' LOOM_MAX_PREEMPTIONS={PREEMPTIONS} CARGO_TARGET_DIR={}",
        target.display()
    );
    [
        sh.push_env("RUSTFLAGS", "--cfg loom"),
        sh.push_env("LOOM_MAX_PREEMPTIONS", PREEMPTIONS),
        sh.push_env("CARGO_TARGET_DIR", target),
    ]
}

/// Builds the laws and tells where the binary is.
fn build(sh: &Shell) -> anyhow::Result<PathBuf> {
    let messages = cmd!(
        sh,
        "cargo test --locked -p nbu-client --no-default-features --test loom --release --no-run --message-format=json-render-diagnostics"
    )
    .read()?;
    // One message a line; only a test binary has an executable, and there is one.
    let named = messages
        .split("\"executable\":\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    Ok(named
        .context("cargo built the laws but named no executable")?
        .into())
}

fn table(sh: &Shell, laws: &Path) -> anyhow::Result<Vec<Pair>> {
    let printed = cmd!(sh, "{laws} --exact {TABLE} --nocapture").read()?;
    let pairs: Vec<Pair> = printed
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(law, mutant)| Pair {
            law: law.to_owned(),
            mutant: mutant.to_owned(),
        })
        .collect();
    ensure!(!pairs.is_empty(), "{TABLE} printed no table");
    Ok(pairs)
}

fn listed_tests(sh: &Shell, laws: &Path) -> anyhow::Result<BTreeSet<String>> {
    let listed = cmd!(sh, "{laws} --list --format terse").read()?;
    let tests = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"));
    Ok(tests
        .filter(|test| *test != TABLE)
        .map(str::to_owned)
        .collect())
}

/// The names of the bugs that the source can be told to have.
fn planted(sh: &Shell, under: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for path in sh.read_dir(under)? {
        if path.is_dir() {
            names.extend(planted(sh, &path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = sh.read_file(&path)?;
            for call in ["mutant(\"", "weakened(\""] {
                let calls = source
                    .split(call)
                    .skip(1)
                    .filter_map(|rest| rest.split('"').next());
                names.extend(calls.map(str::to_owned));
            }
        }
    }
    Ok(names)
}

fn compare_with_tests(table: &[Pair], tests: &BTreeSet<String>) -> anyhow::Result<()> {
    let rows: BTreeSet<String> = table.iter().map(|pair| pair.law.clone()).collect();
    if let Some(law) = tests.difference(&rows).next() {
        bail!("the law {law} has no row in the table: which bug does it notice?");
    }
    if let Some(row) = rows.difference(tests).next() {
        bail!("the table has a row for {row}, but there is no such law");
    }
    Ok(())
}

fn compare_with_source(table: &[Pair], planted: &BTreeSet<String>) -> anyhow::Result<()> {
    let listed: BTreeSet<String> = table.iter().map(|pair| pair.mutant.clone()).collect();
    if let Some(bug) = planted.difference(&listed).next() {
        bail!("the source can have the bug {bug}, but no law lists it");
    }
    if let Some(bug) = listed.difference(planted).next() {
        bail!("the table lists the bug {bug}, but the source never asks for it");
    }
    Ok(())
}
