//! What is kept on the disk, and what is said when it cannot be.

use super::truth::{finished_equal, reached};
use nbu_sim::{JobSpec, Outage, Population, Sim};
use nbu_tests::{Exporter, Launch, Page, Watched, configuration};
use std::fs;
use std::path::Path;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
const FINISHED: &str = "netbackup_jobs_finished_total";

async fn living(name: &str) -> Watched {
    let sim = Sim::builder().seed(9).population(Population::living(3_000));
    Watched::start(name, sim).await
}

fn launch(watched: &[&Watched], path: &Path) -> Launch {
    let config = configuration(watched.iter().copied());
    Launch::with_config(config).arguments(["--storage.path", path.to_str().unwrap()])
}

fn finished(page: &Page, primary: &str) -> f64 {
    page.sum(FINISHED, &[("primary", primary)])
}

#[tokio::test]
async fn counters_return_at_their_values_after_a_restart_also_while_the_primary_is_down() {
    let watched = living("paris").await;
    let state = tempfile::tempdir().unwrap();
    let horizon = watched.sim.now();
    let mut first = launch(&[&watched], state.path()).start().await;
    let told = first.logged("first start").await;
    assert!(
        told.contains("are not counted") && told.contains("look_back"),
        "{told}"
    );
    reached(&first, "paris", horizon).await;
    watched.sim.advance(HOUR);
    let before = reached(&first, "paris", watched.sim.now()).await;
    assert_eq!(first.terminated().await.code(), Some(0), "{}", first.log());
    assert!(finished(&before, "paris") > 50.0);

    watched.sim.set_outage(Outage::Down);
    let second = launch(&[&watched], state.path()).start().await;
    let page = second
        .scrape_until("the counters", |page| page.has(FINISHED, &[]))
        .await;
    assert_eq!(finished(&page, "paris"), finished(&before, "paris"));
    let watermark = "netbackup_jobs_watermark_timestamp_seconds";
    assert_eq!(page.values(watermark, &[]), before.values(watermark, &[]));
    let size = page.values("netbackup_exporter_state_bytes", &[]);
    let file = fs::metadata(state.path().join("state-paris.redb"))
        .unwrap()
        .len();
    assert_eq!(size, [file as f64]);

    watched.sim.set_outage(Outage::None);
    watched.sim.advance(HOUR);
    let page = reached(&second, "paris", watched.sim.now()).await;
    finished_equal(&page, "paris", &watched.sim.truth(), horizon);
    assert!(!second.log().contains("first start"), "{}", second.log());
}

#[tokio::test]
async fn a_second_process_on_the_same_directory_does_not_start() {
    let watched = living("paris").await;
    let state = tempfile::tempdir().unwrap();
    let path = state.path().join("data");
    let mut first = launch(&[&watched], &path).start().await;
    let mut second = launch(&[&watched], &path).spawn();
    assert_eq!(second.ended().await.code(), Some(1));
    let told = second.logged(path.to_str().unwrap()).await;
    assert!(
        told.contains("in use") && told.contains("--storage.path"),
        "{told}"
    );
    assert_eq!(first.terminated().await.code(), Some(0), "{}", first.log());
    launch(&[&watched], &path).start().await;
}

#[tokio::test]
async fn a_path_that_cannot_be_a_directory_ends_with_1_and_memory_leaves_nothing_behind() {
    let watched = living("paris").await;
    let state = tempfile::tempdir().unwrap();
    let path = state.path().join("file");
    fs::write(&path, "x").unwrap();
    let mut exporter = launch(&[&watched], &path).spawn();
    assert_eq!(exporter.ended().await.code(), Some(1));
    let told = exporter.logged(path.to_str().unwrap()).await;
    assert!(told.contains("--storage.path"), "{told}");

    let mut exporter = launch(&[&watched], Path::new("")).start().await;
    exporter.logged("kept in memory").await;
    reached(&exporter, "paris", watched.sim.now()).await;
    let mut files: Vec<_> = fs::read_dir(exporter.directory())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    files.sort();
    assert_eq!(
        files,
        ["nbu-exporter.yml", "stdout"],
        "those of the harness alone"
    );
    assert_eq!(exporter.terminated().await.code(), Some(0));
}

#[tokio::test]
async fn a_damaged_state_is_set_aside_and_said_and_its_primary_begins_afresh() {
    let watched = living("paris").await;
    let state = tempfile::tempdir().unwrap();
    fs::write(state.path().join("state-paris.redb"), vec![7; 9_000]).unwrap();
    let exporter = launch(&[&watched], state.path()).start().await;
    let told = exporter.logged("set aside").await;
    assert!(
        told.contains("primary=paris") && told.contains("state-paris.damaged-1.redb"),
        "{told}"
    );
    let kept = fs::read(state.path().join("state-paris.damaged-1.redb")).unwrap();
    assert_eq!(kept, vec![7; 9_000]);
    reached(&exporter, "paris", watched.sim.now()).await;
}

#[tokio::test]
async fn a_state_that_cannot_be_opened_blinds_only_the_jobs_of_its_own_primary_until_it_can() {
    let (paris, oslo) = (living("paris").await, living("oslo").await);
    let state = tempfile::tempdir().unwrap();
    let obstacle = state.path().join("state-paris.redb");
    fs::create_dir(&obstacle).unwrap();
    let exporter = launch(&[&paris, &oslo], state.path()).start().await;
    let told = exporter.logged("not a regular file").await;
    assert!(told.contains("primary=paris"), "{told}");
    reached(&exporter, "oslo", oslo.sim.now()).await;
    let page = exporter
        .scrape_until("paris is up", |page| up(page, "paris"))
        .await;
    assert!(!page.has(FINISHED, &[("primary", "paris")]));
    let jobs = [("primary", "paris"), ("collector", "jobs")];
    assert_eq!(
        page.values("netbackup_exporter_collector_success", &jobs),
        [0.0]
    );
    healthy(&exporter).await;

    fs::remove_dir(&obstacle).unwrap();
    reached(&exporter, "paris", paris.sim.now()).await;
}

#[tokio::test]
async fn on_a_full_disk_counters_stay_as_they_were_shown_and_go_on_when_there_is_room() {
    // Little before the start, so that the first state has room.
    let population = Population {
        preloaded: 0,
        warm_up: Duration::from_secs(60),
        ..Population::living(100_000)
    };
    let sim = Sim::builder().seed(4).population(population);
    let watched = Watched::start("paris", sim).await;
    let state = tempfile::tempdir().unwrap();
    let horizon = watched.sim.now();
    let exporter = launch(&[&watched], state.path())
        .file_limit(512)
        .start()
        .await;
    let before = reached(&exporter, "paris", horizon).await;

    watched.sim.advance(3 * HOUR);
    let told = exporter.logged("was not saved").await;
    assert!(
        told.contains("primary=paris") && told.contains("level=error"),
        "{told}"
    );
    let success = "netbackup_exporter_collector_success";
    let jobs = [("primary", "paris"), ("collector", "jobs")];
    let page = exporter
        .scrape_until("it shows", |page| page.value(success, &jobs) == Some(0.0))
        .await;
    assert!(up(&page, "paris"));
    assert_eq!(finished(&page, "paris"), finished(&before, "paris"));
    assert_eq!(page.reason("paris", "jobs"), Some("limit"));
    let advice = exporter.request("/").await.text().await.unwrap();
    assert!(
        advice.contains("make room where the state is kept"),
        "{advice}"
    );
    // What needs no room is as fresh as before.
    watched.sim.add_active(&JobSpec::new("DRILL"));
    let last = "netbackup_exporter_collector_last_success_timestamp_seconds";
    let storage = [("primary", "paris"), ("collector", "storage")];
    let before_that = page.value(last, &storage);
    let page = exporter
        .scrape_until("the job that began, and storage", |page| {
            page.has("netbackup_jobs", &[("job_type", "DRILL")])
                && page.value(last, &storage) > before_that
        })
        .await;
    assert_eq!(finished(&page, "paris"), finished(&before, "paris"));
    healthy(&exporter).await;

    exporter.lift_file_limit().await;
    let page = reached(&exporter, "paris", watched.sim.now()).await;
    finished_equal(&page, "paris", &watched.sim.truth(), horizon);
    exporter.logged("can be saved again").await;
}

#[tokio::test]
async fn a_primary_that_is_removed_and_comes_back_goes_on() {
    let (paris, oslo) = (living("paris").await, living("oslo").await);
    let state = tempfile::tempdir().unwrap();
    let horizon = paris.sim.now();
    let exporter = launch(&[&paris, &oslo], state.path()).start().await;
    reached(&exporter, "paris", horizon).await;
    paris.sim.advance(HOUR);
    reached(&exporter, "paris", paris.sim.now()).await;

    exporter.rewrite_config(&configuration([&oslo]));
    exporter.signal(nix::sys::signal::Signal::SIGHUP);
    exporter
        .scrape_until("paris is gone", |page| {
            !page.has("netbackup_up", &[("primary", "paris")])
        })
        .await;
    paris.sim.advance(HOUR);
    exporter.rewrite_config(&configuration([&paris, &oslo]));
    exporter.signal(nix::sys::signal::Signal::SIGHUP);
    let page = reached(&exporter, "paris", paris.sim.now()).await;
    finished_equal(&page, "paris", &paris.sim.truth(), horizon);
}

fn up(page: &Page, primary: &str) -> bool {
    page.value("netbackup_up", &[("primary", primary)]) == Some(1.0)
}

async fn healthy(exporter: &Exporter) {
    assert_eq!(exporter.request("/-/healthy").await.status().as_u16(), 200);
}
