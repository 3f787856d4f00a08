//! Clients of TLS: one that can do what rustls can, and a ClientHello for what it cannot.

use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CipherSuite, ClientConfig, ClientConnection, StreamOwned};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

const HANG: Duration = Duration::from_secs(60);

/// The answer to a client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A status line of HTTP, over this suite.
    Status(u16, Option<CipherSuite>),
    /// An alert, by the client's name for it.
    Alert(AlertDescription),
    /// The end, without a word.
    Nothing,
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(HANG)).unwrap();
    stream
}

fn status(text: &[u8], suite: Option<CipherSuite>) -> Option<Answer> {
    let text = std::str::from_utf8(text).ok()?;
    let code = text.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    Some(Answer::Status(code, suite))
}

/// Asks for `/` over TLS.
pub(super) fn get(address: &str, tls: ClientConfig) -> Answer {
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let session = ClientConnection::new(Arc::new(tls), name).unwrap();
    let mut stream = StreamOwned::new(session, connect(address));
    let asked = stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let mut text = Vec::new();
    let ended = asked.and_then(|()| stream.read_to_end(&mut text).map(drop));
    let suite = stream.conn.negotiated_cipher_suite();
    if let Some(answer) = status(&text, suite.map(|suite| suite.suite())) {
        return answer;
    }
    let error = ended.unwrap_err();
    match error.get_ref().and_then(|cause| cause.downcast_ref()) {
        Some(rustls::Error::AlertReceived(alert)) => Answer::Alert(*alert),
        _ if matches!(
            error.kind(),
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset
        ) =>
        {
            Answer::Nothing
        }
        _ => panic!("{error:?}"),
    }
}

/// A ClientHello.
pub(super) struct Hello {
    /// The newest version of the client: 0x0302 is TLS 1.1.
    pub(super) version: u16,
    pub(super) suites: &'static [u16],
    pub(super) curves: &'static [u16],
}

impl Hello {
    fn bytes(&self) -> Vec<u8> {
        let numbers = |numbers: &[u16]| -> Vec<u8> {
            numbers
                .iter()
                .flat_map(|number| number.to_be_bytes())
                .collect()
        };
        let long = |bytes: Vec<u8>| {
            [
                &u16::try_from(bytes.len()).unwrap().to_be_bytes()[..],
                &bytes,
            ]
            .concat()
        };
        let extension = |kind: u16, body: Vec<u8>| [&kind.to_be_bytes()[..], &long(body)].concat();
        let mut extensions = [
            extension(10, long(numbers(self.curves))),
            extension(11, vec![1, 0]),
            // ECDSA and RSA-PSS with SHA-256.
            extension(13, long(numbers(&[0x0403, 0x0804, 0x0401]))),
        ]
        .concat();
        if self.version == 0x0304 {
            extensions.extend(extension(43, vec![2, 3, 4]));
            // No key yet: the server may ask for one.
            extensions.extend(extension(51, vec![0, 0]));
        }
        let body = [
            &self.version.min(0x0303).to_be_bytes()[..],
            &[7; 32],
            &[0],
            &long(numbers(self.suites)),
            &[1, 0],
            &long(extensions),
        ]
        .concat();
        let handshake = [&[1, 0][..], &long(body)].concat();
        [&[22, 3, 1][..], &long(handshake)].concat()
    }

    /// Says it to a port.
    pub(super) fn say(&self, address: &str) -> Answer {
        let mut stream = connect(address);
        stream.write_all(&self.bytes()).unwrap();
        let mut text = Vec::new();
        let mut buffer = [0; 4096];
        // A port that speaks no TLS keeps the connection open to hear more.
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            text.extend(&buffer[..read]);
            if let Some(answer) = status(&text, None) {
                return answer;
            }
        }
        match text[..] {
            [21, _, _, 0, 2, 2, alert, ..] => Answer::Alert(AlertDescription::from(alert)),
            [] => Answer::Nothing,
            _ => panic!("{text:x?}"),
        }
    }
}
