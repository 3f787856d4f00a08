//! Bodies, honest and otherwise.

use std::{
    fmt, io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes};
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::{bomb::Bomb, line::Control};
use crate::primary::Primary;

/// A body, and the request's place among those in flight.
pub(crate) struct Outgoing {
    content: Content,
    _place: Place,
}

/// What is sent.
pub(crate) enum Content {
    Whole(Bytes),
    /// These bytes, then the end, whatever the header announced.
    Cut(Option<Bytes>, Option<Pin<Box<Sleep>>>),
    /// These bytes, then a reset.
    Reset(Option<Bytes>, Arc<Control>, Option<Pin<Box<Sleep>>>),
    Drip(Bytes, Duration, Pin<Box<Sleep>>),
    Endless,
    Bomb(Bomb),
}

impl Content {
    pub(crate) fn drip(bytes: Bytes, every: Duration) -> Self {
        Self::Drip(bytes, every, Box::pin(sleep(every)))
    }
}

impl Outgoing {
    pub(crate) fn new(content: Content, place: Place) -> Self {
        Self {
            content,
            _place: place,
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let chunk = match &mut self.content {
            Content::Whole(bytes) => std::mem::take(bytes),
            Content::Cut(bytes, pause) => {
                let Some(bytes) = bytes.take() else {
                    ready!(leave(pause, cx));
                    return Poll::Ready(None);
                };
                bytes
            }
            Content::Reset(bytes, control, pause) => {
                let Some(bytes) = bytes.take() else {
                    ready!(leave(pause, cx));
                    control.reset();
                    return Poll::Pending;
                };
                bytes
            }
            Content::Drip(bytes, every, pause) => {
                ready!(pause.as_mut().poll(cx));
                pause.as_mut().reset(Instant::now() + *every);
                bytes.split_to(bytes.len().min(1))
            }
            Content::Endless => Bytes::from_static(&[b' '; 16 * 1024]),
            Content::Bomb(bomb) => bomb.next().unwrap_or_default(),
        };
        Poll::Ready(chunk.has_remaining().then(|| Ok(Frame::data(chunk))))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => {
                SizeHint::with_exact(u64::try_from(bytes.len()).unwrap_or(u64::MAX))
            }
            _ => SizeHint::default(),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.content, Content::Whole(bytes) if bytes.is_empty())
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outgoing")
    }
}

/// What was sent so far must have left before the connection is thrown away with what it has not sent yet.
fn leave(pause: &mut Option<Pin<Box<Sleep>>>, cx: &mut Context<'_>) -> Poll<()> {
    pause
        .get_or_insert_with(|| Box::pin(sleep(Duration::from_millis(30))))
        .as_mut()
        .poll(cx)
}

/// A request in flight: from its arrival to the last byte of its body, or to its end by any other way.
#[derive(Debug)]
pub(crate) struct Place(Arc<Primary>);

impl Place {
    pub(crate) fn take(primary: &Arc<Primary>) -> Self {
        primary.traffic.in_flight().raise();
        Self(Arc::clone(primary))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.traffic.in_flight().lower();
    }
}

/// Waits until `deadline` has passed; a far one waits for ever.
pub(crate) async fn pause(length: Duration) {
    match Instant::now().checked_add(length) {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
