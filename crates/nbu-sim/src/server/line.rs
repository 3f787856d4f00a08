//! A connection that can be broken on purpose.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::Notify,
};

use crate::lock::Locked;

/// What a request handler can do to its connection.
#[derive(Debug, Default)]
pub(crate) struct Control {
    reset: AtomicBool,
    killed: Notify,
    raw: Locked<Option<Bytes>>,
}

impl Control {
    /// Ends the connection with a TCP reset.
    pub(crate) fn reset(&self) {
        self.reset.store(true, Ordering::Relaxed);
        self.killed.notify_one();
    }

    /// The next bytes written are these, whatever HTTP wanted to write; then the connection ends.
    pub(crate) fn write_raw(&self, bytes: Bytes) {
        *self.raw.lock() = Some(bytes);
    }

    /// The same, and the connection ends with a reset.
    pub(crate) fn write_raw_and_reset(&self, bytes: Bytes) {
        self.reset.store(true, Ordering::Relaxed);
        self.write_raw(bytes);
    }

    pub(crate) async fn killed(&self) {
        self.killed.notified().await;
    }
}

/// The TCP stream under TLS: resets instead of closing when told to.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    control: Arc<Control>,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, control: Arc<Control>) -> Self {
        Self { stream, control }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.control.reset.load(Ordering::Relaxed) {
            // Closing with unsent data thrown away is what sends a reset; if it fails the close is an orderly one.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The plain side of a connection, above TLS: where HTTP's bytes can be replaced.
#[derive(Debug)]
pub(crate) struct Line<S> {
    stream: S,
    control: Arc<Control>,
    /// Once set, nothing of what HTTP writes gets out any more.
    replaced: Option<Bytes>,
}

impl<S> Line<S> {
    pub(crate) fn new(stream: S, control: Arc<Control>) -> Self {
        Self {
            stream,
            control,
            replaced: None,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.replaced.is_none() {
            this.replaced = this.control.raw.lock().take();
        }
        let Some(raw) = &mut this.replaced else {
            return Pin::new(&mut this.stream).poll_write(cx, buf);
        };
        while raw.has_remaining() {
            let written = ready!(Pin::new(&mut this.stream).poll_write(cx, raw))?;
            raw.advance(written);
        }
        ready!(Pin::new(&mut this.stream).poll_flush(cx))?;
        this.control.killed.notify_one();
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
