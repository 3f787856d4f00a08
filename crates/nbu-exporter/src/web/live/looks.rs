//! When the files are looked at, and what of it is worth a word.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, timeout};

use super::Standing;
use crate::config::ConfigError;
use crate::files::Watch;

/// The pause between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// The longest that one request waits for the file system.
const PATIENCE: Duration = Duration::from_millis(500);

/// Something new and good, or nothing new.
type Read = Result<Option<Standing>, ConfigError>;

/// The looks at the files, one at a time.
#[derive(Debug, Default)]
pub(super) struct Looks {
    next: Option<Instant>,
    /// A look that has not ended. While one hangs no other is begun.
    reading: Option<(JoinHandle<Read>, Watch)>,
    hung: bool,
    trouble: Option<Trouble>,
}

/// What is wrong with the files at the moment.
#[derive(Debug)]
struct Trouble {
    text: String,
    told: bool,
}

/// What a look found that somebody should hear of.
#[derive(Debug)]
pub(super) enum Look {
    /// Something new and good.
    Changed(Arc<Standing>),
    /// What is in force, after there had been something wrong.
    Recovered,
    /// Something wrong.
    Failed(ConfigError),
    /// The file system of this file does not answer.
    Hung(Option<PathBuf>),
}

impl Looks {
    /// Looks at the files with `read`, if it is time for it.
    pub(super) async fn look(
        &mut self,
        read: impl FnOnce() -> Read + Send + 'static,
    ) -> Option<Look> {
        if self.next.is_some_and(|next| Instant::now() < next) {
            return None;
        }
        // Kept here while it runs, so that a request that goes away does not leave a thread behind.
        let (reading, watch) = self.reading.get_or_insert_with(|| {
            let watch = Watch::default();
            let watched = watch.clone();
            (spawn_blocking(move || watched.during(read)), watch)
        });
        let read = timeout(PATIENCE, reading).await;
        self.next = Some(Instant::now() + PAUSE);
        let Ok(read) = read else {
            let news = !std::mem::replace(&mut self.hung, true);
            return news.then(|| Look::Hung(watch.reading()));
        };
        self.reading = None;
        self.hung = false;
        match read {
            Ok(read) => self.judge(read),
            // The runtime is on its way down.
            Err(_) => None,
        }
    }

    /// Forgets what was found so far, and what is being read.
    pub(super) fn begin_anew(&mut self) {
        *self = Self::default();
    }

    fn judge(&mut self, read: Read) -> Option<Look> {
        match read {
            Ok(Some(standing)) => {
                self.trouble = None;
                Some(Look::Changed(Arc::new(standing)))
            }
            Ok(None) => {
                let trouble = self.trouble.take();
                trouble
                    .is_some_and(|trouble| trouble.told)
                    .then_some(Look::Recovered)
            }
            Err(error) => {
                let text = error.to_string();
                let before = self.trouble.take();
                let told = before.as_ref().is_some_and(|before| before.told);
                let same = before.is_some_and(|before| before.text == text);
                // The first time it may be a file that is being written, or a key that is not there yet. But who has
                // heard of trouble hears at once that it is another one.
                let news = same != told;
                let told = told || same;
                self.trouble = Some(Trouble { text, told });
                news.then_some(Look::Failed(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc;

    use tokio::time::advance;

    use super::*;
    use crate::config::{Place, Problem};
    use crate::files::note;

    fn wrong(what: &str) -> Read {
        let place = Place {
            file: Arc::new("web.yml".into()),
            line: 1,
            column: 1,
        };
        let problem = Problem {
            place,
            key: String::new(),
            what: what.to_owned(),
            remedy: "mend it".to_owned(),
        };
        Err(ConfigError {
            problems: vec![problem],
        })
    }

    /// One look, and time for the next.
    async fn then(looks: &mut Looks, read: Read) -> &'static str {
        let look = looks.look(move || read).await;
        advance(PAUSE).await;
        match look {
            None => "nothing",
            Some(Look::Changed(_)) => "changed",
            Some(Look::Recovered) => "recovered",
            Some(Look::Failed(_)) => "failed",
            Some(Look::Hung(_)) => "hung",
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_look_a_second_however_many_ask() {
        let (mut looks, reads) = (Looks::default(), Arc::new(AtomicU32::new(0)));
        for second in 1..4 {
            for _ in 0..100 {
                let reads = Arc::clone(&reads);
                let read = move || {
                    reads.fetch_add(1, Ordering::Relaxed);
                    Ok(None)
                };
                assert!(looks.look(read).await.is_none());
            }
            assert_eq!(reads.load(Ordering::Relaxed), second);
            advance(PAUSE).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_is_told_once_when_it_stays_and_so_is_its_end() {
        let mut looks = Looks::default();
        let mut said = Vec::new();
        for read in [
            wrong("half written"),
            Ok(None),
            wrong("half written"),
            Ok(Some(Standing::default())),
            wrong("a"),
            wrong("a"),
            wrong("a"),
            wrong("b"),
            wrong("b"),
            Ok(None),
            Ok(None),
            wrong("a"),
            wrong("b"),
            wrong("b"),
            Ok(Some(Standing::default())),
            Ok(None),
        ] {
            said.push(then(&mut looks, read).await);
        }
        let expected = [
            "nothing",
            "nothing",
            "nothing",
            "changed",
            "nothing",
            "failed",
            "nothing",
            "failed",
            "nothing",
            "recovered",
            "nothing",
            "nothing",
            "nothing",
            "failed",
            "changed",
            "nothing",
        ];
        assert_eq!(said, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_system_that_hangs_costs_one_thread_and_nobody_s_patience() {
        let mut looks = Looks::default();
        let (release, held) = mpsc::channel::<()>();
        let (begun, begins) = mpsc::channel::<()>();
        let hanging = move || {
            let _noted = note(Path::new("/mnt/web.yml"));
            begun.send(()).unwrap();
            let _ = held.recv();
            Ok(Some(Standing::default()))
        };
        // Who asked first goes away.
        let mut first = Box::pin(looks.look(hanging));
        tokio::select! {
            biased;
            early = &mut first => panic!("did not wait: {early:?}"),
            () = tokio::task::yield_now() => {}
        }
        begins.recv().unwrap();
        drop(first);
        for expected in [Some("/mnt/web.yml"), None, None] {
            let look = looks.look(|| panic!("a second thread"));
            tokio::pin!(look);
            tokio::select! {
                biased;
                early = &mut look => panic!("did not wait: {early:?}"),
                () = tokio::task::yield_now() => {}
            }
            advance(PATIENCE).await;
            let named = match look.await {
                Some(Look::Hung(file)) => file,
                None => None,
                other => panic!("{other:?}"),
            };
            assert_eq!(named.as_deref(), expected.map(Path::new));
            advance(PAUSE).await;
        }
        release.send(()).unwrap();
        let look = looks.look(|| panic!("what was begun is used"));
        assert!(matches!(look.await, Some(Look::Changed(_))));
    }
}
