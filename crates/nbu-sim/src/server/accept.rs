//! Listens, accepts, and takes part in outages.

use std::{io, net::SocketAddr, sync::Arc};

use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

use super::{
    line::{Control, Line, Socket},
    service::{Connection, serve},
};
use crate::{fault::Outage, primary::Primary};

/// The accepting task and the handles to steer it.
#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    pub(crate) outage: watch::Sender<Outage>,
    /// Set to what new connections are greeted with.
    pub(crate) tls: watch::Sender<Option<Arc<ServerConfig>>>,
    task: JoinHandle<()>,
}

/// Binds `address` and starts to serve.
pub(crate) async fn listen(
    primary: Arc<Primary>,
    address: SocketAddr,
    tls: Option<ServerConfig>,
) -> io::Result<Listening> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let outage = watch::Sender::new(Outage::None);
    let tls = watch::Sender::new(tls.map(Arc::new));
    let acceptor = Acceptor {
        primary,
        address,
        outage: outage.subscribe(),
        tls: tls.subscribe(),
    };
    let task = tokio::spawn(acceptor.run(listener));
    Ok(Listening {
        address,
        outage,
        tls,
        task,
    })
}

impl Listening {
    /// Closes the port and every connection.
    pub(crate) async fn stop(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Debug)]
struct Acceptor {
    primary: Arc<Primary>,
    address: SocketAddr,
    outage: watch::Receiver<Outage>,
    tls: watch::Receiver<Option<Arc<ServerConfig>>>,
}

impl Acceptor {
    async fn run(mut self, listener: TcpListener) {
        let mut listener = Some(listener);
        // Dropped with this future: stopping the server closes its connections.
        let mut connections = JoinSet::new();
        loop {
            let outage = *self.outage.borrow_and_update();
            if outage == Outage::Down {
                listener = None;
                connections.shutdown().await;
                if self.outage.changed().await.is_err() {
                    return;
                }
                continue;
            }
            let Some(listener) = &listener else {
                match TcpListener::bind(self.address).await {
                    Ok(bound) => listener = Some(bound),
                    // The port may need a moment to become free again.
                    Err(_) => super::body::pause(std::time::Duration::from_millis(5)).await,
                }
                continue;
            };
            tokio::select! {
                accepted = listener.accept() => {
                    if let Ok((stream, _)) = accepted {
                        // Or the end of a page waits for the acknowledgement of its beginning.
                        let _ = stream.set_nodelay(true);
                        connections.spawn(self.connection(stream, outage));
                    }
                }
                changed = self.outage.changed() => if changed.is_err() { return },
                Some(_) = connections.join_next() => {}
            }
        }
    }

    fn connection(&self, stream: TcpStream, outage: Outage) -> impl Future<Output = ()> + use<> {
        let primary = Arc::clone(&self.primary);
        let tls = self.tls.borrow().clone();
        let outages = self.outage.clone();
        async move {
            let _open = Open::count(&primary);
            let number = primary.traffic.accept();
            let control = Arc::new(Control::default());
            match outage {
                Outage::BlackHole => return over(outages).await,
                Outage::Reset => control.reset(),
                Outage::HalfOpen => return half_open(stream, outages).await,
                Outage::ResetInHandshake => {
                    let _ = stream.readable().await;
                    control.reset();
                }
                Outage::None | Outage::Down => {}
            }
            let socket = Socket::new(stream, Arc::clone(&control));
            let connection = Connection {
                primary,
                control: Arc::clone(&control),
                number,
                outage: outages.clone(),
            };
            tokio::select! {
                // A reset that is already decided must win over serving.
                biased;
                () = control.killed() => {}
                () = fell_silent(outages) => {}
                () = greet(socket, tls, connection) => {}
            }
        }
    }
}

async fn greet(socket: Socket, tls: Option<Arc<ServerConfig>>, connection: Connection) {
    let Some(tls) = tls else {
        return talk(socket, connection).await;
    };
    match TlsAcceptor::from(tls).accept(socket).await {
        Ok(stream) => talk(stream, connection).await,
        Err(error) => tracing::debug!(%error, "TLS handshake failed"),
    }
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    connection: Connection,
) {
    let line = TokioIo::new(Line::new(stream, Arc::clone(&connection.control)));
    let service = service_fn(move |request| serve(connection.clone(), request));
    if let Err(error) = auto::Builder::new(TokioExecutor::new())
        .serve_connection(line, service)
        .await
    {
        tracing::debug!(error, "connection ended");
    }
}

/// Says its last word at once and keeps the connection, until the outage is over.
async fn half_open(mut stream: TcpStream, mut outages: watch::Receiver<Outage>) {
    let _ = stream.shutdown().await;
    let _ = outages.wait_for(|outage| *outage != Outage::HalfOpen).await;
}

/// Resolves when an outage is over.
async fn over(mut outages: watch::Receiver<Outage>) {
    let _ = outages
        .wait_for(|outage| *outage != Outage::BlackHole)
        .await;
}

/// Resolves when a black hole came over an old connection and went: what hung in it is gone for good.
async fn fell_silent(mut outages: watch::Receiver<Outage>) {
    if outages
        .wait_for(|outage| *outage == Outage::BlackHole)
        .await
        .is_err()
    {
        return std::future::pending().await;
    }
    over(outages).await;
}

/// Counted while it exists.
struct Open(Arc<Primary>);

impl Open {
    fn count(primary: &Arc<Primary>) -> Self {
        primary.traffic.connections().raise();
        Self(Arc::clone(primary))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.traffic.connections().lower();
    }
}
