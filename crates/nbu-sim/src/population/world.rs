//! The job database: what has happened so far, and what is planned.

mod by_hand;
mod preload;

use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap, HashMap, VecDeque},
};

use fastrand::Rng;

use super::{
    Population,
    arrival::Arrivals,
    block::Blocks,
    cast::Cast,
    job::{Job, State},
    name::Names,
    plan::{Drawer, Interruption, Plan},
};

/// How long an interrupted job waits for its next try.
const INTERRUPTION_MS: i64 = 600_000;
/// How long a parent lives on after its last child.
const PARENT_LINGERS_MS: i64 = 2_400;
const FIRST_ID: u64 = 1_000;

/// All jobs of one primary.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) names: Names,
    pub(crate) cast: Cast,
    pub(crate) jobs: Vec<Job>,
    pub(crate) blocks: Blocks,
    /// Positions of the jobs that are not done.
    pub(crate) live: BTreeSet<usize>,
    /// Jobs of databases that were lost; only the truth knows them.
    pub(crate) archive: Vec<Job>,
    rng: Rng,
    drawer: Drawer,
    arrivals: Option<Arrivals>,
    retention_ms: i64,
    agenda: BinaryHeap<Reverse<Appointment>>,
    appointments: u64,
    plans: HashMap<usize, Plan>,
    open_children: HashMap<usize, usize>,
    /// Position and end of each finished job, in the order of the ends.
    endings: VecDeque<(i64, usize)>,
    generation: u32,
    next_id: u64,
    life_ms: i64,
}

/// Something that will happen. Ordered by time, then by when it was planned.
#[derive(Debug)]
struct Appointment {
    at: i64,
    number: u64,
    generation: u32,
    event: Event,
}

#[derive(Debug)]
enum Event {
    Arrive,
    Create(Box<Plan>, Option<usize>),
    Activate(usize),
    Finish(usize),
}

impl World {
    pub(crate) fn new(seed: u64, population: &Population, origin_ms: i64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut names = Names::new();
        let cast = Cast::draw(
            &mut rng,
            &mut names,
            population.policies,
            population.clients,
        );
        let drawer = Drawer::new(&mut names, population);
        let arrivals = Arrivals::new(population.jobs_per_day, &drawer, &cast, seed);
        let mut world = Self {
            names,
            cast,
            jobs: Vec::with_capacity(population.preloaded),
            blocks: Blocks::default(),
            live: BTreeSet::new(),
            archive: Vec::new(),
            rng,
            drawer,
            arrivals,
            retention_ms: millis(population.retention),
            agenda: BinaryHeap::new(),
            appointments: 0,
            plans: HashMap::new(),
            open_children: HashMap::new(),
            endings: VecDeque::new(),
            generation: 0,
            next_id: FIRST_ID,
            life_ms: origin_ms,
        };
        let quiet_until = if world.arrivals.is_some() {
            origin_ms - millis(population.warm_up)
        } else {
            origin_ms
        };
        world.preload(
            population.preloaded,
            origin_ms - millis(population.span),
            quiet_until,
        );
        if world.arrivals.is_some() {
            world.plan(quiet_until, Event::Arrive);
        }
        world.live_until(origin_ms, 0);
        world
    }

    /// Lets everything happen that happens up to `life_ms`. `step_ms` is what the clock's face adds to life.
    pub(crate) fn live_until(&mut self, life_ms: i64, step_ms: i64) {
        while self.agenda.peek().is_some_and(|next| next.0.at <= life_ms) {
            let Some(Reverse(due)) = self.agenda.pop() else {
                break;
            };
            if due.generation == self.generation {
                self.happen(due.event, due.at, due.at + step_ms);
            }
        }
        while let Some(&(end, index)) = self.endings.front() {
            if end + self.retention_ms > life_ms {
                break;
            }
            self.endings.pop_front();
            if let Some(job) = self.jobs.get_mut(index) {
                job.purged = true;
                self.blocks.purged(index);
            }
        }
        self.life_ms = self.life_ms.max(life_ms);
    }

    /// Whether [`live_until`](Self::live_until) has anything to do.
    pub(crate) fn is_due(&self, life_ms: i64) -> bool {
        self.agenda.peek().is_some_and(|next| next.0.at <= life_ms)
            || self
                .endings
                .front()
                .is_some_and(|&(end, _)| end + self.retention_ms <= life_ms)
    }

    pub(crate) fn find(&self, id: u64) -> Option<&Job> {
        self.position(id)
            .and_then(|index| self.jobs.get(index))
            .filter(|job| !job.purged)
    }

    /// The position of the first job whose id is at least `id`.
    pub(crate) fn lower_bound(&self, id: u64) -> usize {
        self.jobs.partition_point(|job| job.id < id)
    }

    fn happen(&mut self, event: Event, at: i64, face: i64) {
        match event {
            Event::Arrive => self.arrive(at, face),
            Event::Create(plan, parent) => self.create(*plan, parent, at, face),
            Event::Activate(index) => self.activate(index, at, face),
            Event::Finish(index) => self.end_or_interrupt(index, at, face),
        }
    }

    fn arrive(&mut self, at: i64, face: i64) {
        let Some(arrivals) = &self.arrivals else {
            return;
        };
        let gap = arrivals.gap_ms(&mut self.rng);
        if Arrivals::admits(&mut self.rng, at) {
            let run = self.drawer.run(&mut self.rng, &self.cast);
            self.create(run, None, at, face);
        }
        self.plan(at + gap, Event::Arrive);
    }

    fn create(&mut self, plan: Plan, parent: Option<usize>, at: i64, face: i64) {
        let id = self.take_id();
        let mut job = job(id, &plan, face);
        if let Some(parent) = parent.and_then(|parent| self.jobs.get_mut(parent)) {
            parent.children += 1;
            parent.updated = face;
            job.parent = parent.id;
            job.root = parent.root;
        }
        let index = self.push(job, at);
        self.plan(at + plan.queued_ms, Event::Activate(index));
        self.plans.insert(index, plan);
    }

    fn activate(&mut self, index: usize, at: i64, face: i64) {
        let Some(plan) = self.plans.get_mut(&index) else {
            return;
        };
        let children = std::mem::take(&mut plan.children);
        let run_ms = plan.run_ms;
        let job = &mut self.jobs[index];
        job.state = State::Active;
        job.active = face;
        job.updated = face;
        job.queue_reason = -99;
        job.tries = job.tries.saturating_add(1);
        job.planned_ms = run_ms;
        if children.is_empty() {
            self.plan(at + run_ms, Event::Finish(index));
            return;
        }
        self.open_children.insert(index, children.len());
        for child in children {
            self.plan(
                at + child.delay_ms,
                Event::Create(Box::new(child), Some(index)),
            );
        }
    }

    fn end_or_interrupt(&mut self, index: usize, at: i64, face: i64) {
        let Some(plan) = self.plans.get_mut(&index) else {
            return;
        };
        let Some(interruption) = plan.interruption.take() else {
            // An interruption left its own status behind.
            self.jobs[index].status = plan.status;
            self.plans.remove(&index);
            self.done(index, at, face);
            return;
        };
        let job = &mut self.jobs[index];
        (job.state, job.status) = match interruption {
            Interruption::Requeued => (State::Requeued, 71),
            Interruption::Suspended => (State::Suspended, job.status),
            Interruption::Incomplete => (State::Incomplete, 13),
        };
        job.updated = face;
        self.plan(at + INTERRUPTION_MS, Event::Activate(index));
    }

    fn done(&mut self, index: usize, at: i64, face: i64) {
        let job = &mut self.jobs[index];
        job.state = State::Done;
        job.end = whole_second(face);
        job.updated = face;
        let parent = job.parent;
        self.live.remove(&index);
        self.blocks.finished(index, face);
        self.endings.push_back((at, index));
        let Some(parent) = self.position(parent) else {
            return;
        };
        if let Some(open) = self.open_children.get_mut(&parent) {
            *open -= 1;
            if *open == 0 {
                self.open_children.remove(&parent);
                self.plan(at + PARENT_LINGERS_MS, Event::Finish(parent));
            }
        }
    }

    fn push(&mut self, job: Job, at: i64) -> usize {
        let index = self.jobs.len();
        self.blocks.added(index, &job);
        if job.is_done() {
            self.endings.push_back((at, index));
        } else {
            self.live.insert(index);
        }
        self.jobs.push(job);
        index
    }

    fn position(&self, id: u64) -> Option<usize> {
        let index = self.lower_bound(id);
        (self.jobs.get(index)?.id == id).then_some(index)
    }

    /// The next job number; now and then one is missing, as on real primaries.
    fn take_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1 + u64::from(id.is_multiple_of(97));
        id
    }

    fn plan(&mut self, at: i64, event: Event) {
        self.appointments += 1;
        self.agenda.push(Reverse(Appointment {
            at,
            number: self.appointments,
            generation: self.generation,
            event,
        }));
    }
}

fn job(id: u64, plan: &Plan, face: i64) -> Job {
    Job {
        id,
        parent: 0,
        root: id,
        start: whole_second(face),
        active: 0,
        end: 0,
        updated: face,
        planned_ms: plan.run_ms,
        kib: plan.kib,
        kib_sent: plan.kib_sent,
        files: plan.files,
        status: plan.status,
        job_type: plan.job_type,
        policy_type: plan.policy_type,
        policy: plan.policy,
        client: plan.client,
        workload: plan.workload,
        schedule: plan.schedule,
        schedule_type: plan.schedule_type,
        unit: plan.unit,
        server: plan.server,
        state: State::Queued,
        tries: 0,
        queue_reason: plan.queue_reason,
        children: 0,
        dedup: plan.dedup,
        stream: plan.stream,
        silent: plan.silent,
        no_end: plan.no_end,
        purged: false,
    }
}

fn whole_second(ms: i64) -> i64 {
    ms.div_euclid(1000) * 1000
}

fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

impl PartialEq for Appointment {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Appointment {}

impl PartialOrd for Appointment {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Appointment {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}
