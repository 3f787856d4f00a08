//! When the files are looked at, and what of it is worth a word.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, timeout};

use super::Standing;
use crate::config::ConfigError;

/// The pause between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// The longest that one request waits for the file system.
const PATIENCE: Duration = Duration::from_millis(500);

type Reading = JoinHandle<Result<Option<Standing>, ConfigError>>;

/// The looks at the files, one at a time.
#[derive(Debug, Default)]
pub(super) struct Looks {
    next: Option<Instant>,
    /// A look that has not ended. While one hangs no other is begun.
    reading: Option<Reading>,
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
    /// The file system does not answer.
    Hung,
}

impl Looks {
    /// Looks at the files, if it is time for it.
    pub(super) async fn look(&mut self, path: &Path, present: &ArcSwap<Standing>) -> Option<Look> {
        if self.next.is_some_and(|next| Instant::now() < next) {
            return None;
        }
        // Kept here while it runs, so that a request that goes away does not leave a thread behind.
        let reading = self.reading.get_or_insert_with(|| {
            let (path, present) = (path.to_path_buf(), present.load_full());
            spawn_blocking(move || present.read_change(&path))
        });
        let read = timeout(PATIENCE, reading).await;
        self.next = Some(Instant::now() + PAUSE);
        let Ok(read) = read else {
            return (!std::mem::replace(&mut self.hung, true)).then_some(Look::Hung);
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

    fn judge(&mut self, read: Result<Option<Standing>, ConfigError>) -> Option<Look> {
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
