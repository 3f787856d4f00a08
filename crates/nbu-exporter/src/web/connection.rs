//! One TCP connection that no client can keep for longer than it deserves.
//!
//! The HTTP stack's own header timeout counts the pause between two scrapes as a slow header, so it is off, and this wrapper
//! tells the three kinds of waiting apart: a connection that is idle between requests, a request head that trickles in, and a
//! response that the client does not read.
//!
//! On a connection of HTTP/2 bytes come for many reasons, so that they begin no head: it is idle from the end of one request to
//! the beginning of the next. And a response that is not read blocks no write, so each response tells when it got on last.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// How long a client may wait on a connection, in each of its three ways.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// From the first byte of a request (or from the connect) to the end of its head.
    pub(crate) head: Duration,
    /// Between the end of one request and the first byte of the next. Longer than any sensible scrape interval.
    pub(crate) idle: Duration,
    /// Without a single byte of the response being taken.
    pub(crate) write: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(300),
            write: Duration::from_secs(30),
        }
    }
}

/// What the connection's service and its socket know of each other.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    /// Requests whose response is still being made.
    serving: AtomicUsize,
    /// Requests begun since the connect: a change tells the socket that a head was complete.
    begun: AtomicU64,
    /// The last write found the client not reading.
    blocked: AtomicBool,
    /// The end of the last request.
    rested: Mutex<Option<Instant>>,
    /// For HTTP/2: when each response that is being sent got on last, by the number of its request.
    sending: Option<Mutex<BTreeMap<u64, Instant>>>,
}

impl Activity {
    /// That of a connection on which many requests run at once.
    pub(crate) fn multiplexed() -> Self {
        Self {
            sending: Some(Mutex::default()),
            ..Self::default()
        }
    }

    /// A request's head has been read; the guard lives as long as its response is being made.
    pub(crate) fn serve(self: &Arc<Self>) -> Serving {
        self.serving.fetch_add(1, Ordering::Relaxed);
        Serving {
            number: self.begun.fetch_add(1, Ordering::Relaxed),
            activity: Arc::clone(self),
        }
    }

    fn sending<T>(&self, change: impl FnOnce(&mut BTreeMap<u64, Instant>) -> T) -> Option<T> {
        let sending = self.sending.as_ref()?;
        Some(change(
            &mut sending.lock().unwrap_or_else(PoisonError::into_inner),
        ))
    }

    /// When the response that waits longest got on last.
    fn longest_wait(&self) -> Option<Instant> {
        self.sending(|sending| sending.values().min().copied())
            .flatten()
    }

    pub(crate) fn is_multiplexed(&self) -> bool {
        self.sending.is_some()
    }

    /// The end of the last request, if there was one.
    pub(crate) fn rested(&self) -> Option<Instant> {
        *self.rested.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Neither is a response being made nor is one waiting for the client to read it.
    pub(crate) fn is_idle(&self) -> bool {
        // Each is a number on its own that guards nothing.
        self.serving.load(Ordering::Relaxed) == 0 && !self.blocked.load(Ordering::Relaxed)
    }
}

/// One request being served; see [`Activity::serve`].
#[derive(Debug)]
pub(crate) struct Serving {
    number: u64,
    activity: Arc<Activity>,
}

impl Serving {
    /// The most of a response that is handed over at once: with many on one connection no more than can be sent soon, so
    /// that it shows whether the client reads.
    pub(crate) fn piece(&self) -> usize {
        if self.activity.is_multiplexed() {
            64 * 1024
        } else {
            usize::MAX
        }
    }

    /// Its response has begun, or a part of it has been taken.
    pub(crate) fn got_on(&self) {
        self.activity.sending(|sending| {
            sending.insert(self.number, Instant::now());
        });
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let rested = Some(Instant::now());
        *self
            .activity
            .rested
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = rested;
        self.activity.serving.fetch_sub(1, Ordering::Relaxed);
        self.activity.sending(|sending| {
            sending.remove(&self.number);
        });
    }
}

/// A stream whose reads and writes fail with [`io::ErrorKind::TimedOut`] when the client's time is up.
#[derive(Debug)]
pub(crate) struct Watched<S> {
    stream: S,
    activity: Arc<Activity>,
    patience: Patience,
    reading: Reading,
    read_timer: Option<Pin<Box<Sleep>>>,
    write_timer: Option<Pin<Box<Sleep>>>,
    stall_timer: Option<Pin<Box<Sleep>>>,
}

/// What the next byte read would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// The rest of a head that began after this many requests.
    Head(u64),
    /// The first of the request after this many.
    Idle(u64),
}

impl<S> Watched<S> {
    pub(crate) fn new(stream: S, activity: Arc<Activity>, patience: Patience) -> Self {
        // A fresh connection owes a request: it is treated as if the first byte had come.
        let read_timer = Some(Box::pin(sleep(patience.head)));
        Self {
            stream,
            activity,
            patience,
            reading: Reading::Head(0),
            read_timer,
            write_timer: None,
            stall_timer: None,
        }
    }

    /// Notices that the head that was being read has become a request.
    fn catch_up(&mut self) {
        let begun = self.activity.begun.load(Ordering::Relaxed);
        let (Reading::Head(seen) | Reading::Idle(seen)) = self.reading;
        if begun != seen {
            self.reading = Reading::Idle(begun);
            self.read_timer = None;
        }
    }

    fn begin_head(&mut self) {
        if let Reading::Idle(seen) = self.reading
            && !self.activity.is_multiplexed()
        {
            self.reading = Reading::Head(seen);
            self.read_timer = Some(Box::pin(sleep(self.patience.head)));
        }
    }

    fn wait_to_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.activity.serving.load(Ordering::Relaxed) > 0 {
            return self.wait_for_the_client(context);
        }
        let idle = self.patience.idle;
        let timer = self.read_timer.get_or_insert_with(|| Box::pin(sleep(idle)));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the client sent no complete request in time",
        )))
    }

    /// While requests are served nothing need come, but what is sent must be taken.
    fn wait_for_the_client(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.activity.is_multiplexed() {
            return Poll::Pending;
        }
        // Afterwards the connection is idle anew.
        self.read_timer = None;
        let Some(since) = self.activity.longest_wait() else {
            return Poll::Pending;
        };
        let timer = self
            .stall_timer
            .insert(Box::pin(sleep_until(since + self.patience.write)));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(unread()))
    }

    fn watch_write<T>(
        &mut self,
        context: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        self.activity
            .blocked
            .store(outcome.is_pending(), Ordering::Relaxed);
        if outcome.is_ready() {
            self.write_timer = None;
            return outcome;
        }
        let write = self.patience.write;
        let timer = self
            .write_timer
            .get_or_insert_with(|| Box::pin(sleep(write)));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(unread()))
    }
}

fn unread() -> io::Error {
    io::Error::new(
        io::ErrorKind::TimedOut,
        "the client did not read the response in time",
    )
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.catch_up();
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(context, buffer) {
            Poll::Pending => this.wait_to_read(context),
            Poll::Ready(outcome) => {
                if buffer.filled().len() > before {
                    this.begin_head();
                    // A client that always has one more byte ready never reaches the wait above.
                    if this
                        .read_timer
                        .as_ref()
                        .is_some_and(|timer| timer.deadline() <= Instant::now())
                    {
                        return this.wait_to_read(context);
                    }
                }
                Poll::Ready(outcome)
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch_write(context, outcome)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // TLS takes more than it can send, and says so here.
        let outcome = Pin::new(&mut self.stream).poll_flush(context);
        self.watch_write(context, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.watch_write(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::timeout;

    use super::*;

    const PATIENCE: Patience = Patience {
        head: Duration::from_secs(10),
        idle: Duration::from_secs(300),
        write: Duration::from_secs(30),
    };

    #[tokio::test(start_paused = true)]
    async fn a_head_that_trickles_in_is_cut_however_often_a_byte_comes() {
        let (mut client, server) = duplex(64);
        let mut watched = Watched::new(server, Arc::default(), PATIENCE);
        let started = Instant::now();
        tokio::spawn(async move {
            while client.write_all(b"x").await.is_ok() {
                sleep(Duration::from_secs(3)).await;
            }
        });
        let error = loop {
            if let Err(error) = watched.read_u8().await {
                break error;
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(started.elapsed().as_secs(), PATIENCE.head.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_may_idle_between_two_scrapes_for_longer_than_a_head_may_take() {
        let (mut client, server) = duplex(64);
        let activity = Arc::new(Activity::default());
        let mut watched = Watched::new(server, Arc::clone(&activity), PATIENCE);
        client.write_all(b"GET").await.unwrap();
        watched.read_exact(&mut [0; 3]).await.unwrap();
        drop(activity.serve());

        timeout(Duration::from_secs(120), watched.read_u8())
            .await
            .unwrap_err();
        client.write_all(b"GET").await.unwrap();
        watched.read_exact(&mut [0; 3]).await.unwrap();
        let started = Instant::now();
        assert_eq!(
            watched.read_u8().await.unwrap_err().kind(),
            io::ErrorKind::TimedOut
        );
        assert_eq!(started.elapsed().as_secs(), PATIENCE.head.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_being_served_is_not_hurried() {
        let (mut client, server) = duplex(64);
        let activity = Arc::new(Activity::default());
        let mut watched = Watched::new(server, Arc::clone(&activity), PATIENCE);
        client.write_all(b"GET").await.unwrap();
        watched.read_exact(&mut [0; 3]).await.unwrap();
        let _serving = activity.serve();
        timeout(Duration::from_secs(86_400), watched.read_u8())
            .await
            .unwrap_err();
        assert!(!activity.is_idle());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_is_cut_and_counts_as_busy_until_then() {
        let (_client, server) = duplex(4);
        let activity = Arc::new(Activity::default());
        let mut watched = Watched::new(server, Arc::clone(&activity), PATIENCE);
        timeout(Duration::from_secs(1), watched.write_all(&[0; 64]))
            .await
            .unwrap_err();
        assert!(!activity.is_idle());
        assert_eq!(
            watched.write_all(&[0; 64]).await.unwrap_err().kind(),
            io::ErrorKind::TimedOut
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_taken_but_not_sent_is_not_forgotten() {
        let (_client, server) = duplex(4);
        let activity = Arc::new(Activity::default());
        // As TLS does, it takes everything and gets stuck when it sends.
        let taking = tokio::io::BufWriter::with_capacity(1024, server);
        let mut watched = Watched::new(taking, Arc::clone(&activity), PATIENCE);
        watched.write_all(&[0; 64]).await.unwrap();
        let began = Instant::now();
        timeout(Duration::from_secs(1), watched.flush())
            .await
            .unwrap_err();
        assert!(!activity.is_idle());
        let error = watched.flush().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed().as_secs(), PATIENCE.write.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn of_many_responses_the_one_that_is_not_read_cuts_the_connection() {
        let (_client, server) = duplex(64);
        let activity = Arc::new(Activity::multiplexed());
        let mut watched = Watched::new(server, Arc::clone(&activity), PATIENCE);
        let (stuck, busy) = (activity.serve(), activity.serve());
        timeout(Duration::from_secs(3600), watched.read_u8())
            .await
            .expect_err("a response that is being made takes as long as it takes");
        stuck.got_on();
        busy.got_on();
        let began = Instant::now();
        let mut outcome = None;
        for _ in 0..2 * PATIENCE.write.as_secs() {
            outcome = timeout(Duration::from_secs(1), watched.read_u8())
                .await
                .ok();
            if outcome.is_some() {
                break;
            }
            busy.got_on();
        }
        let error = outcome.expect("it was cut").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed().as_secs(), PATIENCE.write.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_between_the_requests_of_http2_begin_no_head() {
        let (mut client, server) = duplex(64);
        let activity = Arc::new(Activity::multiplexed());
        let mut watched = Watched::new(server, Arc::clone(&activity), PATIENCE);
        drop(activity.serve());
        client.write_all(b"settings").await.unwrap();
        watched.read_exact(&mut [0; 8]).await.unwrap();
        let began = Instant::now();
        watched.read_u8().await.unwrap_err();
        assert_eq!(began.elapsed().as_secs(), PATIENCE.idle.as_secs());
    }
}
