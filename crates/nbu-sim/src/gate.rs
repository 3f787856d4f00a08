//! Holds requests back until a test lets them go, so that no test has to sleep.

use std::sync::Arc;

use tokio::sync::watch;

use crate::{lock::Locked, route::Route};

/// Requests to one route wait here until [`release`](Gate::release) or until the gate is dropped.
#[derive(Debug)]
pub struct Gate {
    shared: Arc<Door>,
}

#[derive(Debug)]
struct Door {
    route: Route,
    waiting: watch::Sender<usize>,
    open: watch::Sender<bool>,
}

impl Gate {
    /// Waits until a request stands before the gate.
    pub async fn reached(&self) {
        self.reached_by(1).await;
    }

    /// Waits until this many requests stand before the gate at once.
    pub async fn reached_by(&self, requests: usize) {
        // The sender lives in self, so that waiting cannot fail.
        let _ = self
            .shared
            .waiting
            .subscribe()
            .wait_for(|&waiting| waiting >= requests)
            .await;
    }

    /// How many requests stand before the gate.
    pub fn waiting(&self) -> usize {
        *self.shared.waiting.borrow()
    }

    /// Waits until nobody stands before the gate any more: the clients gave up.
    pub async fn abandoned(&self) {
        let _ = self
            .shared
            .waiting
            .subscribe()
            .wait_for(|&waiting| waiting == 0)
            .await;
    }

    /// Lets those who wait pass, and everybody after them.
    pub fn release(self) {}
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.shared.open.send_replace(true);
    }
}

/// All gates of one primary.
#[derive(Debug, Default)]
pub(crate) struct Gates(Locked<Vec<Arc<Door>>>);

impl Gates {
    pub(crate) fn hold(&self, route: Route) -> Gate {
        let shared = Arc::new(Door {
            route,
            waiting: watch::Sender::new(0),
            open: watch::Sender::new(false),
        });
        let mut doors = self.0.lock();
        doors.retain(|door| !*door.open.borrow());
        doors.push(Arc::clone(&shared));
        Gate { shared }
    }

    pub(crate) async fn pass(&self, route: Route) {
        let closed: Vec<_> = self
            .0
            .lock()
            .iter()
            .filter(|door| door.route.covers(route) && !*door.open.borrow())
            .cloned()
            .collect();
        for door in closed {
            let _standing = Standing::before(&door.waiting);
            let _ = door.open.subscribe().wait_for(|&open| open).await;
        }
    }
}

/// Counted while it exists.
struct Standing<'g>(&'g watch::Sender<usize>);

impl<'g> Standing<'g> {
    fn before(waiting: &'g watch::Sender<usize>) -> Self {
        waiting.send_modify(|waiting| *waiting += 1);
        Self(waiting)
    }
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}
