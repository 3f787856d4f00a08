//! One connection of a scripted primary.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::{Log, Reply, Script, Seen};

pub(super) async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    script: Arc<Script>,
    log: Arc<Log>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        log.opened.send_modify(|count| *count += 1);
        tokio::spawn(serve(
            stream,
            tls.clone(),
            Arc::clone(&script),
            Arc::clone(&log),
        ));
    }
}

async fn serve(stream: TcpStream, tls: Option<TlsAcceptor>, script: Arc<Script>, log: Arc<Log>) {
    match tls {
        None => speak(stream, &*script, &log).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                speak(stream, &*script, &log).await;
            }
        }
    }
    log.closed.send_modify(|count| *count += 1);
}

async fn speak(mut stream: impl AsyncRead + AsyncWrite + Unpin, script: &Script, log: &Log) {
    while let Some(seen) = read(&mut stream).await {
        log.seen.lock().unwrap().push(seen.clone());
        {
            let mut busy = log.busy.lock().unwrap();
            busy.0 += 1;
            busy.1 = busy.1.max(busy.0);
        }
        log.arrived.send_modify(|count| *count += 1);
        let goes_on = answer(&mut stream, script(&seen), log).await;
        if !goes_on {
            return;
        }
    }
}

/// Does what the script says; `false` if that was the end of the connection.
async fn answer(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    mut reply: Reply,
    log: &Log,
) -> bool {
    let left = || log.busy.lock().unwrap().0 -= 1;
    while let Reply::Behind(gate, next) = reply {
        tokio::select! {
            () = gate.passed() => reply = *next,
            () = gone(stream) => { left(); return false; }
        }
    }
    let (bytes, goes_on) = match reply {
        Reply::Answer {
            status,
            headers,
            body,
        } => {
            let mut head = format!(
                "HTTP/1.1 {status} Scripted\r\nContent-Length: {}\r\n",
                body.len()
            );
            for (name, value) in headers {
                head.extend([name, ": ", &value, "\r\n"]);
            }
            ([head.as_bytes(), b"\r\n", &body].concat(), true)
        }
        Reply::Raw(bytes) => (bytes, false),
        Reply::RawThenNever(bytes) => {
            let _ = stream.write_all(&bytes).await;
            gone(stream).await;
            (Vec::new(), false)
        }
        Reply::Never | Reply::Behind(..) => {
            gone(stream).await;
            (Vec::new(), false)
        }
    };
    // Before the last byte is out, so that the next request never overlaps with this one in the books.
    left();
    stream.write_all(&bytes).await.is_ok() && goes_on
}

/// Waits until the client closes. It sends nothing while it waits for an answer.
async fn gone(stream: &mut (impl AsyncRead + Unpin)) {
    let _ = stream.read(&mut [0; 64]).await;
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Seen> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let text = String::from_utf8(head).ok()?;
    let mut lines = text.lines();
    let target = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    // Nobody looks at it, but the next request stands behind it.
    let body = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, length)| length.parse().ok())
        .unwrap_or(0);
    stream.read_exact(&mut vec![0; body]).await.ok()?;
    Some(Seen { target, headers })
}
