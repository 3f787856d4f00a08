//! What tests change in the job database themselves.

use super::{Event, FIRST_ID, World, whole_second};
use crate::population::{
    block::Blocks,
    job::{Job, State},
    name::Name,
    spec::JobSpec,
};

impl World {
    /// Adds a job by hand. Its times are those of the specification, else `face_ms`.
    pub(crate) fn insert(
        &mut self,
        spec: &JobSpec,
        state: State,
        status: i32,
        face_ms: i64,
    ) -> u64 {
        let job = self.job_of(spec, state, status, face_ms);
        let id = job.id;
        if let Some(parent) = spec.parent.and_then(|parent| self.position(parent)) {
            self.jobs[parent].children += 1;
        }
        self.push(job, self.life_ms);
        id
    }

    /// Ends a job that a test added. False if there is no such unfinished job.
    pub(crate) fn finish(&mut self, id: u64, status: i32, face_ms: i64) -> bool {
        let Some(index) = self.position(id).filter(|index| self.live.contains(index)) else {
            return false;
        };
        self.jobs[index].status = status;
        self.done(index, self.life_ms, face_ms);
        true
    }

    /// Moves an unfinished job to another state. False if there is no such unfinished job.
    pub(crate) fn change(
        &mut self,
        id: u64,
        state: State,
        queue_reason: i16,
        face_ms: i64,
    ) -> bool {
        let Some(index) = self.position(id).filter(|index| self.live.contains(index)) else {
            return false;
        };
        let job = &mut self.jobs[index];
        job.state = state;
        job.queue_reason = queue_reason;
        job.updated = face_ms;
        if state == State::Active {
            job.active = face_ms;
            job.tries += 1;
        }
        true
    }

    /// Changes a finished job's `lastUpdateTime`, and its status if told to.
    pub(crate) fn touch(&mut self, id: u64, status: Option<i32>, face_ms: i64) -> bool {
        let Some(index) = self.position(id) else {
            return false;
        };
        let job = &mut self.jobs[index];
        if !job.is_done() {
            return false;
        }
        job.updated = face_ms;
        job.status = status.unwrap_or(job.status);
        self.blocks.touched(index, face_ms);
        true
    }

    /// Removes a record at once, as a purge does.
    pub(crate) fn purge(&mut self, id: u64) -> bool {
        let Some(index) = self.position(id) else {
            return false;
        };
        if !self.jobs[index].is_done() || self.jobs[index].purged {
            return false;
        }
        self.jobs[index].purged = true;
        self.blocks.purged(index);
        self.endings.retain(|&(_, ending)| ending != index);
        true
    }

    /// The job database is lost and numbering starts anew.
    pub(crate) fn lose_database(&mut self) {
        self.generation += 1;
        self.archive.append(&mut self.jobs);
        self.blocks = Blocks::default();
        self.live.clear();
        self.plans.clear();
        self.open_children.clear();
        self.endings.clear();
        self.next_id = FIRST_ID;
        if self.arrivals.is_some() {
            self.plan(self.life_ms, Event::Arrive);
        }
    }

    fn job_of(&mut self, spec: &JobSpec, state: State, status: i32, face: i64) -> Job {
        let mut name = |word: Option<&str>| {
            word.filter(|word| !word.is_empty())
                .map_or(Name::NONE, |word| self.names.name(word))
        };
        let mut job = Job {
            id: 0,
            parent: spec.parent.unwrap_or(0),
            root: 0,
            start: whole_second(spec.started.map_or(face, jiff::Timestamp::as_millisecond)),
            active: 0,
            end: 0,
            updated: spec.updated.map_or(face, jiff::Timestamp::as_millisecond),
            planned_ms: 3_600_000,
            kib: spec.kib,
            kib_sent: spec.kib_sent.unwrap_or(spec.kib),
            files: spec.files,
            status,
            job_type: name(Some(&spec.job_type)),
            policy_type: name(spec.policy.as_ref().map(|(_, kind)| kind.as_str())),
            policy: name(spec.policy.as_ref().map(|(policy, _)| policy.as_str())),
            client: name(spec.client.as_deref()),
            workload: name(spec.workload.as_deref()),
            schedule: name(
                spec.schedule
                    .as_ref()
                    .map(|(schedule, _)| schedule.as_str()),
            ),
            schedule_type: name(spec.schedule.as_ref().map(|(_, kind)| kind.as_str())),
            unit: name(spec.unit.as_deref()),
            server: name(Some("media01.example.com")),
            state,
            tries: 0,
            queue_reason: -99,
            children: 0,
            dedup: spec.dedup_tenths,
            stream: -1,
            silent: false,
            no_end: false,
            purged: false,
        };
        if let Some(id) = spec.id.filter(|&id| id >= self.next_id) {
            self.next_id = id;
        }
        job.id = self.take_id();
        job.root = spec
            .parent
            .and_then(|parent| self.find(parent))
            .map_or(job.id, |parent| parent.root);
        if matches!(state, State::Active | State::Done) {
            job.active = job.start;
            job.tries = 1;
        }
        if state == State::Done {
            job.end = whole_second(spec.ended.map_or(face, jiff::Timestamp::as_millisecond));
        }
        job
    }
}
