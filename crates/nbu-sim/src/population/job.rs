//! One job, compactly: a million of them must fit beside what is measured.

use super::name::Name;

/// A live job writes its progress this often.
const PROGRESS_MS: i64 = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Queued,
    Active,
    Requeued,
    Suspended,
    Incomplete,
    Done,
}

impl State {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Active => "ACTIVE",
            Self::Requeued => "REQUEUED",
            Self::Suspended => "SUSPENDED",
            Self::Incomplete => "INCOMPLETE",
            Self::Done => "DONE",
        }
    }
}

/// A job. Times are what the primary's clock showed, in milliseconds.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_field_names,
    reason = "named as the API names the attribute"
)]
pub(crate) struct Job {
    pub(crate) id: u64,
    /// 0 for a root.
    pub(crate) parent: u64,
    pub(crate) root: u64,
    pub(crate) start: i64,
    /// When the current try became active; 0 before.
    pub(crate) active: i64,
    /// 0 until the job is done; whole seconds, as real end times are.
    pub(crate) end: i64,
    /// The last change of a job that is not active.
    pub(crate) updated: i64,
    pub(crate) planned_ms: i64,
    /// What the whole job protects.
    pub(crate) kib: u64,
    /// What the whole job sends.
    pub(crate) kib_sent: u64,
    pub(crate) files: u32,
    pub(crate) status: i32,
    pub(crate) job_type: Name,
    pub(crate) policy_type: Name,
    pub(crate) policy: Name,
    pub(crate) client: Name,
    pub(crate) workload: Name,
    pub(crate) schedule: Name,
    pub(crate) schedule_type: Name,
    pub(crate) unit: Name,
    pub(crate) server: Name,
    pub(crate) state: State,
    pub(crate) tries: u8,
    /// -99: none.
    pub(crate) queue_reason: i16,
    pub(crate) children: u16,
    /// Tenths of a percent.
    pub(crate) dedup: Option<u16>,
    pub(crate) stream: i16,
    /// Active, but writes no progress.
    pub(crate) silent: bool,
    /// The end time is left out rather than zero while unfinished, as instant-access jobs do.
    pub(crate) no_end: bool,
    /// The record is gone from the primary's database; only the truth remembers it.
    pub(crate) purged: bool,
}

impl Job {
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Absent while the job is active or queued.
    pub(crate) fn status(&self) -> Option<i32> {
        match self.state {
            State::Done | State::Requeued | State::Incomplete => Some(self.status),
            State::Queued | State::Active | State::Suspended => None,
        }
    }

    pub(crate) fn updated(&self, now: i64) -> i64 {
        if self.state == State::Active && !self.silent {
            self.active + (now - self.active).max(0) / PROGRESS_MS * PROGRESS_MS
        } else {
            self.updated
        }
    }

    /// Percent of the work done, 0 to 100.
    pub(crate) fn percent(&self, now: i64) -> u64 {
        match self.state {
            State::Done => 100,
            State::Active if self.planned_ms > 0 => {
                let percent =
                    (self.updated(now) - self.active).saturating_mul(100) / self.planned_ms;
                u64::try_from(percent.clamp(0, 99)).unwrap_or(0)
            }
            _ => 0,
        }
    }

    pub(crate) fn kib_now(&self, now: i64) -> u64 {
        share(self.kib, self.percent(now))
    }

    pub(crate) fn kib_sent_now(&self, now: i64) -> u64 {
        share(self.kib_sent, self.percent(now))
    }

    pub(crate) fn files_now(&self, now: i64) -> u64 {
        share(u64::from(self.files), self.percent(now))
    }

    /// From creation to the end, or to now.
    pub(crate) fn elapsed_ms(&self, now: i64) -> i64 {
        let until = if self.is_done() { self.updated } else { now };
        (until - self.start).max(0)
    }

    pub(crate) fn active_elapsed_ms(&self, now: i64) -> i64 {
        if self.active == 0 {
            return 0;
        }
        let until = if self.is_done() { self.updated } else { now };
        (until - self.active).max(0)
    }
}

fn share(whole: u64, percent: u64) -> u64 {
    if percent >= 100 {
        whole
    } else {
        whole / 100 * percent
    }
}
