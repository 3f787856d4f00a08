//! The client over a scripted exchange, with a paused clock: any order of what can happen to it.

mod circuit;
mod login;
mod logout;
mod pacing;
mod scene;
mod scripted;

use std::num::NonZeroUsize;
use std::time::Duration;

use proptest::prelude::*;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::Client;
use crate::sync::Arc;
use crate::{CloseError, Error, Observer, Ping, Reason, RetryPolicy};
use scripted::{Script, Tally};

const LIMIT: usize = 2;

/// Something that happens to a client.
#[derive(Debug, Clone)]
enum Step {
    /// A caller begins a call.
    Enter,
    /// The attempt on the wire with this index (modulo how many there are) is answered.
    Finish(usize),
    /// … fails in a way that is repeated after a back-off.
    Fail(usize),
    /// The caller with this index goes away.
    Cancel(usize),
    /// Someone closes with this much patience, in seconds.
    Close(u64),
    /// The closer with this index goes away.
    Abandon(usize),
    /// Time passes, in seconds.
    Wait(u64),
    /// One handle on the client is dropped; the calls go on.
    DropHandle,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::Enter),
        3 => any::<usize>().prop_map(Step::Finish),
        2 => any::<usize>().prop_map(Step::Fail),
        2 => any::<usize>().prop_map(Step::Cancel),
        1 => (0_u64..60).prop_map(Step::Close),
        1 => any::<usize>().prop_map(Step::Abandon),
        2 => (0_u64..40).prop_map(Step::Wait),
        1 => Just(Step::DropHandle),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Whatever happens in whatever order: no more attempts than allowed, no permit lost, one outcome, nobody hangs, and
    /// each attempt that the observer saw beginning ended.
    #[test]
    fn any_order_of_events_ends_well(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(live(steps))?;
    }
}

struct Life {
    client: Client,
    handles: Vec<Client>,
    script: Script,
    tally: Arc<Tally>,
    callers: Vec<JoinHandle<Result<Ping, Error>>>,
    closers: Vec<JoinHandle<Result<(), CloseError>>>,
    /// How many attempts had begun when the close began.
    begun: Option<usize>,
}

async fn live(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut life = Life::begin();
    for step in steps {
        life.take(step).await;
        settle().await;
        life.check()?;
    }
    life.end().await
}

impl Life {
    /// A client, and nothing has happened yet.
    fn begin() -> Self {
        let script = Script::default();
        let tally = Arc::new(Tally::default());
        let observer: Arc<dyn Observer> = tally.clone();
        let client = Client::builder("paris", "http://nbu.example.com/netbackup".parse().unwrap())
            .max_in_flight(NonZeroUsize::new(LIMIT).unwrap())
            .request_timeout(Duration::from_secs(50))
            .retry(RetryPolicy {
                base: Duration::from_secs(10),
                ..RetryPolicy::default()
            })
            .observer(observer)
            .build_on(Box::new(script.clone()))
            .unwrap();
        let handles = vec![client.clone(); 3];
        Life {
            client,
            handles,
            script,
            tally,
            callers: Vec::new(),
            closers: Vec::new(),
            begun: None,
        }
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Enter => {
                let client = self.client.clone();
                self.callers
                    .push(tokio::spawn(async move { client.ping().await }));
            }
            Step::Finish(index) => self.script.finish(index, true),
            Step::Fail(index) => self.script.finish(index, false),
            Step::Cancel(index) if !self.callers.is_empty() => {
                self.callers.swap_remove(index % self.callers.len()).abort();
            }
            Step::Close(patience) => {
                let closing = self.client.close_within(Duration::from_secs(patience));
                self.begun.get_or_insert(self.script.begun());
                self.closers.push(tokio::spawn(closing));
            }
            Step::Abandon(index) if !self.closers.is_empty() => {
                self.closers.swap_remove(index % self.closers.len()).abort();
            }
            Step::Wait(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            Step::DropHandle => drop(self.handles.pop()),
            Step::Cancel(_) | Step::Abandon(_) => {}
        }
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let on_the_wire = self.script.on_the_wire();
        prop_assert!(on_the_wire <= LIMIT);
        prop_assert_eq!(
            self.client.in_flight(),
            on_the_wire,
            "one permit is one attempt"
        );
        prop_assert_eq!(self.client.is_closed(), self.begun.is_some());
        prop_assert_eq!(self.tally.under_way(), on_the_wire);
        if let Some(begun) = self.begun {
            prop_assert!(
                on_the_wire > 0 || self.script.is_only_handle(),
                "closed and empty, it holds no connections, whoever still waits for the close"
            );
            prop_assert_eq!(
                self.script.begun(),
                begun,
                "no attempt starts after the close"
            );
        }
        Ok(())
    }

    /// Everybody gets an answer in the end, all closers the same one, and nothing is left.
    async fn end(mut self) -> Result<(), TestCaseError> {
        let closing = self.client.close();
        self.begun.get_or_insert(self.script.begun());
        let outcome = closing.await;
        settle().await;
        for closer in self.closers.drain(..) {
            prop_assert_eq!(closer.await.unwrap(), outcome);
        }
        for caller in self.callers.drain(..) {
            match caller.await.unwrap() {
                Ok(_) | Err(Error::Closed { .. } | Error::Timeout { .. } | Error::Http { .. }) => {}
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
        self.check()?;
        prop_assert_eq!(self.script.on_the_wire(), 0);
        prop_assert_eq!(self.client.close_within(Duration::ZERO).await, outcome);
        prop_assert!(
            self.script.is_only_handle(),
            "the close lets go of the connections"
        );
        let too_late = self.client.ping().await.map_err(|error| error.reason());
        prop_assert_eq!(too_late, Err(Reason::Closed));
        Ok(())
    }
}

/// Lets every task run until none can.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_earliest_deadline_among_closers_that_are_still_there_cuts() {
    let mut life = Life::begin();
    life.take(Step::Enter).await;
    settle().await;
    let begun = Instant::now();
    for patience in [40, 10, 20, 30] {
        life.take(Step::Close(patience)).await;
    }
    settle().await;
    // The one with the least patience goes away, and its timer with it.
    life.take(Step::Abandon(1)).await;
    for closer in life.closers {
        assert_eq!(
            closer.await.unwrap(),
            Err(CloseError::TimedOut { in_flight: 1 })
        );
    }
    assert_eq!(begun.elapsed().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_close_cuts_nobody_and_the_next_one_waits_on() {
    let mut life = Life::begin();
    life.take(Step::Enter).await;
    settle().await;
    life.take(Step::Close(10)).await;
    settle().await;
    life.take(Step::Abandon(0)).await;
    life.take(Step::Wait(20)).await;
    assert_eq!(life.script.on_the_wire(), 1);
    let closing = life.client.close();
    life.take(Step::Finish(0)).await;
    assert_eq!(closing.await, Ok(()));
    assert!(life.callers.pop().unwrap().await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn close_waits_half_a_minute() {
    let mut life = Life::begin();
    life.take(Step::Enter).await;
    settle().await;
    let begun = Instant::now();
    assert_eq!(
        life.client.close().await,
        Err(CloseError::TimedOut { in_flight: 1 })
    );
    assert_eq!(begun.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_back_off_ends_at_once_on_close() {
    let mut life = Life::begin();
    life.take(Step::Enter).await;
    settle().await;
    life.take(Step::Fail(0)).await;
    settle().await;
    assert_eq!(life.client.in_flight(), 0);
    let begun = Instant::now();
    assert_eq!(life.client.close().await, Ok(()));
    let ended = life.callers.pop().unwrap().await.unwrap();
    assert!(matches!(ended, Err(Error::Closed { .. })));
    assert!(begun.elapsed().is_zero());
}
