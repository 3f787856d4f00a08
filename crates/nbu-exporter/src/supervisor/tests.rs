use std::path::Path;

use jiff::Timestamp;
use tokio::time::{sleep, sleep_until};

use super::*;
use crate::config::Config;
use crate::environment::Environment;

/// The names of lives as they began, each with the time since the start.
type Births = Arc<Mutex<Vec<(Arc<str>, Duration)>>>;

/// Lives that do as they are named: `panics`, `hangs` until its deadline, `asks` or `parts` with that on the wire until long after
/// it, and others that live well.
fn supervisor(board: &Board) -> (Supervisor, Births) {
    let (births, start) = (Births::default(), Instant::now());
    let seen = Arc::clone(&births);
    let live = move |estate: Arc<Estate>,
                     config: Arc<config::Primary>,
                     mut deadlines: watch::Receiver<Option<Instant>>|
          -> Life {
        seen.lock()
            .unwrap()
            .push((Arc::clone(estate.name()), start.elapsed()));
        Box::pin(async move {
            let panics = &**estate.name() == "panics" && config.max_in_flight.get() == 4;
            assert!(!panics, "as asked");
            let deadline = *deadlines.wait_for(Option::is_some).await.unwrap();
            let on_the_wire = match &**estate.name() {
                "asks" => Some("/admin/jobs"),
                "parts" => Some("/logout"),
                _ => None,
            };
            if let Some(endpoint) = on_the_wire {
                estate.traffic().closing();
                estate.traffic().begun(endpoint);
                std::future::pending::<()>().await;
            }
            if !estate.name().starts_with("hangs") {
                return None;
            }
            loop {
                let deadline = deadlines.borrow_and_update().or(deadline).unwrap();
                tokio::select! {
                    () = sleep_until(deadline) => return Some(estate.remains(1)),
                    Ok(()) = deadlines.changed() => {}
                }
            }
        })
    };
    let clock = Clock::manual(Timestamp::UNIX_EPOCH).0;
    let supervisor = Supervisor::of_lives(board.clone(), clock, Storage::Memory, Arc::new(live));
    (supervisor, births)
}

fn primaries(names: &[&str], more: &str) -> Vec<config::Primary> {
    let primary = |name: &&str| {
        format!("{{name: {name}, url: 'https://{name}.example.com/netbackup', api_key: k{more}}}")
    };
    let all: Vec<_> = names.iter().map(primary).collect();
    let text = format!("primaries: [{}]", all.join(", "));
    Config::parse(Path::new("c.yml"), &text, &Environment::of([]))
        .unwrap()
        .primaries
}

fn of(births: &Births, name: &str) -> Vec<u64> {
    let births = births.lock().unwrap();
    let own = births.iter().filter(|(born, _)| &**born == name);
    own.map(|(_, at)| at.as_secs()).collect()
}

#[tokio::test(start_paused = true)]
async fn one_that_panics_is_started_again_ever_more_rarely_and_disturbs_no_other() {
    let (supervisor, births) = supervisor(&Board::default());
    supervisor.apply(&primaries(&["panics", "paris"], ""));
    sleep(Duration::from_secs(1200)).await;
    assert_eq!(
        of(&births, "panics"),
        [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811, 1111],
        "doubled up to five minutes"
    );
    assert_eq!(of(&births, "paris"), [0], "it lives its first life");

    let changed = primaries(&["panics"], ", max_in_flight: 5");
    supervisor.apply(&[changed, primaries(&["paris"], "")].concat());
    sleep(Duration::from_secs(1000)).await;
    assert_eq!(
        of(&births, "panics")[12..],
        [1200],
        "a new configuration need not wait"
    );
    let stopped = supervisor.stop(Instant::now()).await;
    assert_eq!(stopped, []);
}

#[tokio::test(start_paused = true)]
async fn all_are_stopped_by_one_deadline_and_each_that_hangs_is_named() {
    let (supervisor, births) = supervisor(&Board::default());
    supervisor.apply(&primaries(&["hangs1", "hangs2", "paris", "panics"], ""));
    sleep(Duration::from_millis(10)).await;
    let before = Instant::now();
    let grace = Duration::from_secs(30);
    let remains = supervisor.stop(before + grace).await;
    let names: Vec<&str> = remains.iter().map(|remains| &*remains.primary).collect();
    assert_eq!(names, ["hangs1", "hangs2"]);
    assert_eq!(before.elapsed(), grace, "at the same time");

    supervisor.apply(&primaries(&["late"], ""));
    sleep(Duration::from_secs(600)).await;
    assert!(of(&births, "late").is_empty(), "nothing starts any more");
    assert_eq!(of(&births, "panics"), [0], "nor again");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_notice_the_deadline_is_named_unless_there_was_only_a_logout() {
    let (supervisor, _) = supervisor(&Board::default());
    supervisor.apply(&primaries(&["asks", "parts"], ""));
    sleep(Duration::from_millis(10)).await;
    let remains = supervisor
        .stop(Instant::now() + Duration::from_secs(1))
        .await;
    let named: Vec<_> = remains
        .iter()
        .map(|remains| (&*remains.primary, &*remains.endpoints))
        .collect();
    assert_eq!(named, [("asks", "/admin/jobs")]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_overtakes_the_longer_grace_of_a_removal() {
    let board = Board::default();
    let (supervisor, _) = supervisor(&board);
    supervisor.apply(&primaries(&["hangs", "paris"], ""));
    sleep(Duration::from_millis(10)).await;
    let applied = supervisor.apply(&primaries(&["paris"], ""));
    assert_eq!((applied.removed, applied.unchanged), (1, 1));
    assert_eq!(board.reader().borrow().primaries.len(), 1, "gone at once");
    sleep(Duration::from_millis(10)).await;
    let before = Instant::now();
    let remains = supervisor.stop(before + Duration::from_secs(1)).await;
    assert_eq!(remains.len(), 1, "{remains:?}");
    assert_eq!(before.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn only_what_has_changed_begins_a_new_life() {
    let (supervisor, births) = supervisor(&Board::default());
    supervisor.apply(&primaries(&["paris", "tokyo"], ""));
    sleep(Duration::from_secs(5)).await;
    let changed = primaries(&["tokyo"], ", request_timeout: 29s");
    let applied = supervisor.apply(&[primaries(&["paris"], ""), changed].concat());
    assert_eq!((applied.changed, applied.unchanged), (1, 1));
    sleep(Duration::from_secs(5)).await;
    assert_eq!(of(&births, "paris"), [0]);
    assert_eq!(of(&births, "tokyo"), [0, 5]);
    supervisor.stop(Instant::now()).await;
}
