//! HTTP as the shared store uses it: no redirects, limits on everything, and one short text for whatever goes wrong.

use std::io::{self, Read as _};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use ureq::http::{Method, Request, StatusCode};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body, Timeout};

use super::settings::SharedSettings;

/// How many times an answer's time a body may take.
const BODIES: u32 = 6;

/// What is waited before the first retry; then twice as long each time.
const PAUSE: Duration = Duration::from_millis(100);

/// How much of an answer that is an error is looked at.
const MAX_ERROR: u64 = 4 << 10;

/// What S3 servers say of a bucket that is not there.
const NO_BUCKET: &str = "NoSuchBucket";

/// WebDAV's method for a new directory.
pub(super) const MAKE_DIRECTORY: &str = "MKCOL";

/// Why the store is of no use, for people. No credential and no query of an address is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble(pub(super) String);

/// What a server has at an address.
pub(super) enum Answer {
    There(Body),
    /// Nothing, or no directory for something.
    Nothing(StatusCode),
}

/// A request to one server.
pub(super) struct Transport {
    agent: Agent,
    timeout: Duration,
    retries: u32,
}

/// What goes wrong at one attempt.
enum Failed {
    /// Another attempt can go well.
    Passing(String),
    Lasting(String),
}

impl Transport {
    pub(super) fn new(settings: &SharedSettings, is_encrypted: bool) -> Transport {
        let timeout = settings.timeout();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // WebDAV's, for directories.
            .allow_non_standard_methods(true)
            // Who answers with another address could else choose who gets the credentials.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("cargo-wasm-proc-macro/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(timeout))
            .timeout_connect(Some(timeout))
            .timeout_send_request(Some(timeout))
            .timeout_recv_response(Some(timeout))
            .timeout_per_read(Some(timeout))
            .timeout_send_body(Some(timeout.saturating_mul(BODIES)))
            .timeout_recv_body(Some(timeout.saturating_mul(BODIES)))
            .tls_config(if is_encrypted { tls() } else { TlsConfig::default() });
        Transport { agent: config.build().new_agent(), timeout, retries: settings.retries() }
    }

    /// The answer to a request, which is made for each attempt anew.
    pub(super) fn send(
        &self,
        request: impl Fn() -> Result<Request<()>, String>,
        body: Option<&[u8]>,
    ) -> Result<Answer, Trouble> {
        let mut pause = PAUSE;
        for attempt in 0.. {
            let request = request().map_err(Trouble)?;
            match self.attempt(request, body) {
                Ok(answer) => return Ok(answer),
                Err(Failed::Lasting(text)) => return Err(Trouble(text)),
                Err(Failed::Passing(text)) if attempt >= self.retries => {
                    let tries = if attempt > 0 { format!(", {} times", attempt + 1) } else { String::new() };
                    return Err(Trouble(format!("{text}{tries}")));
                }
                Err(Failed::Passing(_)) => sleep(pause),
            }
            pause *= 2;
        }
        unreachable!("the loop has no end")
    }

    fn attempt(&self, request: Request<()>, body: Option<&[u8]>) -> Result<Answer, Failed> {
        let method = request.method().clone();
        let answer = match body {
            Some(body) => self.agent.run(request.map(|()| body)),
            None => self.agent.run(request),
        };
        let answer = answer.map_err(|error| self.failed(&error))?;
        let (status, body) = (answer.status(), answer.into_parts().1);
        let is_absent = match status {
            StatusCode::NOT_FOUND | StatusCode::GONE => true,
            // Without a directory for it; so says nginx.
            StatusCode::CONFLICT | StatusCode::INTERNAL_SERVER_ERROR => method == Method::PUT,
            // It is there already, or the next request says what is wrong.
            _ => method.as_str() == MAKE_DIRECTORY,
        };
        match status {
            status if status.is_success() => Ok(Answer::There(body)),
            status if !is_absent => Err(refused(status, error_code(body))),
            status => match error_code(body) {
                // Nothing will ever be there.
                Some(code) if code == NO_BUCKET => Err(refused(status, Some(code))),
                _ => Ok(Answer::Nothing(status)),
            },
        }
    }

    fn failed(&self, error: &ureq::Error) -> Failed {
        match error {
            // The same server will be no faster, and a build waits.
            ureq::Error::Timeout(Timeout::Resolve) => Failed::Lasting("its name is not resolved in time".to_owned()),
            ureq::Error::Timeout(_) => Failed::Lasting(format!("it does not answer within {:?}", self.timeout)),
            ureq::Error::HostNotFound => Failed::Lasting("there is no such host".to_owned()),
            // So errors of TLS come out of a connection.
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                Failed::Lasting(format!("TLS: {error}"))
            }
            ureq::Error::Io(error) => Failed::Passing(format!("no connection: {error}")),
            ureq::Error::ConnectionFailed => Failed::Passing("no connection".to_owned()),
            ureq::Error::Rustls(error) => Failed::Lasting(format!("TLS: {error}")),
            ureq::Error::Tls(error) => Failed::Lasting(format!("TLS: {error}")),
            ureq::Error::Protocol(_) => Failed::Lasting("it does not speak HTTP".to_owned()),
            // The others may show an address, and with it what signs a request.
            _ => Failed::Lasting("the request is not possible".to_owned()),
        }
    }
}

/// What a status means.
fn refused(status: StatusCode, code: Option<String>) -> Failed {
    let number = status.as_u16();
    let status = match code {
        Some(code) => format!("{number} {code}"),
        None => status.to_string(),
    };
    match number {
        401 | 403 => Failed::Lasting(format!("it refuses the credentials ({status})")),
        507 => Failed::Lasting(format!("it is full ({status})")),
        413 => Failed::Lasting(format!("the module is too large for it ({status})")),
        300..=399 => Failed::Lasting(format!("it answers with a redirect, which is not followed ({status})")),
        408 | 429 | 500 | 502..=504 => Failed::Passing(format!("it fails ({status})")),
        _ => Failed::Lasting(format!("it fails ({status})")),
    }
}

/// The word for an error in the XML of S3 servers: `<Code>ExpiredToken</Code>`.
fn error_code(body: Body) -> Option<String> {
    let mut text = Vec::new();
    _ = body.into_reader().take(MAX_ERROR).read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text);
    let code = text.split_once("<Code>")?.1.split_once("</Code>")?.0;
    let is_word = (1..=64).contains(&code.len()) && code.chars().all(|c| c.is_ascii_alphanumeric());
    is_word.then(|| code.to_owned())
}

/// Whom the machine trusts, which `SSL_CERT_FILE` can change; where it trusts nobody, whom Mozilla trusts.
fn tls() -> TlsConfig {
    let found = rustls_native_certs::load_native_certs().certs;
    let roots: Vec<Certificate<'static>> =
        found.iter().map(|found| Certificate::from_der(found.as_ref()).to_owned()).collect();
    let roots = if roots.is_empty() { RootCerts::WebPki } else { RootCerts::Specific(Arc::new(roots)) };
    TlsConfig::builder().root_certs(roots).build()
}
