//! Jobs that had already finished when the simulation began: written at once, without living through them.

use super::{PARENT_LINGERS_MS, World, job, whole_second};
use crate::population::{arrival::size, job::State, plan::Plan};

impl World {
    pub(super) fn preload(&mut self, count: usize, from: i64, until: i64) {
        let mut endings = Vec::with_capacity(count);
        while self.jobs.len() < count {
            let passed = i64::try_from(self.jobs.len()).unwrap_or(0);
            let total = i64::try_from(count).unwrap_or(i64::MAX);
            let at = from + (until - from).max(0) / total * passed;
            let left = count - self.jobs.len();
            let mut run = self.drawer.run(&mut self.rng, &self.cast);
            if size(&run) > left {
                run.children.clear();
            }
            self.preload_run(&run, None, at, until, &mut endings);
        }
        endings.sort_unstable();
        self.endings = endings.into();
    }

    /// Writes a run as if it had happened; returns when it ended.
    fn preload_run(
        &mut self,
        plan: &Plan,
        parent: Option<(u64, u64)>,
        at: i64,
        until: i64,
        endings: &mut Vec<(i64, usize)>,
    ) -> i64 {
        let at = at.min(until);
        let id = self.take_id();
        let mut record = job(id, plan, at);
        (record.parent, record.root) = parent.unwrap_or((0, id));
        record.active = (at + plan.queued_ms).min(until);
        record.tries = 1;
        record.queue_reason = -99;
        record.children = u16::try_from(plan.children.len()).unwrap_or(u16::MAX);
        let (root, active) = (record.root, record.active);
        let index = self.jobs.len();
        // The end is known only after the children, whose ids are larger.
        self.jobs.push(record);
        let mut end = active
            + if plan.children.is_empty() {
                plan.run_ms
            } else {
                0
            };
        for child in &plan.children {
            let ended = self.preload_run(
                child,
                Some((id, root)),
                active + child.delay_ms,
                until,
                endings,
            );
            end = end.max(ended + PARENT_LINGERS_MS);
        }
        let end = end.min(until).max(at);
        let job = &mut self.jobs[index];
        job.state = State::Done;
        job.end = whole_second(end).max(job.start);
        job.updated = end;
        endings.push((end, index));
        if parent.is_none() {
            for index in index..self.jobs.len() {
                self.blocks.added(index, &self.jobs[index]);
            }
        }
        end
    }
}
