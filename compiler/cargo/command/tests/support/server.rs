//! A server of a shared store that keeps everything in memory, and can be as bad as a server can be.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{sleep, spawn};
use std::time::Duration;

/// How it goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Closes each connection.
    Closes,
    /// Takes each request, and never answers.
    Silent,
    /// Answers, and sends a byte from time to time.
    Drips,
    /// Answers each request, or only those of a method, with this status.
    Status(u16, Option<&'static str>),
    /// Answers with this header beside status 302.
    Redirects(String),
    /// The body of each answer is this.
    Says(Vec<u8>),
    /// The connection ends in the middle of the body.
    CutsOff,
    /// What is there is sent, and then more without an end.
    Endless,
    /// Speaks no HTTP.
    Babbles,
    /// Is an S3 server that knows the credential, and that its time is over.
    Expired,
    /// Takes time for each request, but does it.
    Takes(Duration),
    /// Makes no directories, but when it is asked to: the one of its address is there.
    Plain,
}

#[derive(Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// What stands behind `?`.
    pub query: String,
    pub authorization: Option<String>,
}

pub struct State {
    pub files: BTreeMap<String, Vec<u8>>,
    pub fault: Fault,
    pub requests: Vec<Request>,
    /// The header that is needed.
    pub authorization: Option<String>,
}

/// It lives as long as the process of the tests.
#[derive(Clone)]
pub struct Server {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = State { files: BTreeMap::new(), fault: Fault::None, requests: Vec::new(), authorization: None };
        let server = Server { port, state: Arc::new(Mutex::new(state)) };
        let own = server.clone();
        spawn(move || {
            for stream in listener.incoming() {
                let server = own.clone();
                // A client that is gone is none of our business.
                spawn(move || server.serve(&stream.unwrap()).unwrap_or_default());
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/modules", self.port)
    }

    pub fn set(&self, fault: Fault) {
        self.with(|state| state.fault = fault);
    }

    /// Does something with its state.
    pub fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap())
    }

    /// The requests since this was last asked.
    pub fn take_requests(&self) -> Vec<Request> {
        self.with(|state| std::mem::take(&mut state.requests))
    }

    /// What is there, without `/modules/`.
    pub fn paths(&self) -> Vec<String> {
        self.with(|state| state.files.keys().map(|path| path.trim_start_matches("/modules/").to_owned()).collect())
    }

    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line.trim_end().is_empty() {
                break;
            }
            lines.push(line.trim_end().to_owned());
        }
        let header = |name: &str| {
            let found = lines.iter().filter_map(|line| line.split_once(": "));
            found.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next()
        };
        let words: Vec<&str> = lines[0].split(' ').collect();
        let (path, query) = words[1].split_once('?').unwrap_or((words[1], ""));
        let (method, path, query) = (words[0].to_owned(), path.to_owned(), query.to_owned());
        let authorization = header("authorization");
        let is_known = self.with(|state| {
            let (method, path) = (method.clone(), path.clone());
            state.requests.push(Request { method, path, query, authorization: authorization.clone() });
            state.authorization.is_none() || state.authorization == authorization
        });
        let fault = self.with(|state| state.fault.clone());
        match &fault {
            Fault::Closes => return stream.shutdown(Shutdown::Both),
            Fault::Silent => {
                sleep(Duration::from_secs(60));
                return Ok(());
            }
            Fault::Babbles => return (&*stream).write_all(b"220 this is mail\r\n\r\n"),
            Fault::Takes(time) => sleep(*time),
            _ => {}
        }
        let mut body = vec![0; header("content-length").map_or(0, |length| length.parse().unwrap())];
        // What arrives in part only was never sent, as with servers that write aside and rename.
        reader.read_exact(&mut body)?;
        let status = match &fault {
            Fault::Status(status, only) if only.is_none_or(|only| only == method) => *status,
            Fault::Redirects(_) => 302,
            Fault::Expired => 403,
            _ if !is_known => 401,
            Fault::Plain if method == "PUT" && !self.with(|state| state.files.contains_key(parent(&path))) => 409,
            Fault::Plain if method == "MKCOL" => {
                let (dir, above) = (path.trim_end_matches('/'), parent(path.trim_end_matches('/')));
                self.with(|state| match state.files.contains_key(dir) {
                    true => 405,
                    false if above != "/modules" && !state.files.contains_key(above) => 409,
                    false => {
                        state.files.insert(dir.to_owned(), Vec::new());
                        201
                    }
                })
            }
            _ if method == "PUT" => {
                self.with(|state| state.files.insert(path.clone(), body));
                201
            }
            _ if self.with(|state| state.files.contains_key(&path)) => 200,
            _ => 404,
        };
        let mut content = if status == 200 { self.with(|state| state.files[&path].clone()) } else { Vec::new() };
        if let (200, Fault::Says(text)) = (status, &fault) {
            content.clone_from(text);
        }
        if fault == Fault::Expired {
            content =
                b"<?xml version=\"1.0\"?><Error><Code>ExpiredToken</Code><Message>too late</Message></Error>".to_vec();
        }
        if method == "HEAD" {
            content.clear();
        }
        let mut out = stream;
        let location = if let Fault::Redirects(url) = &fault { format!("location: {url}\r\n") } else { String::new() };
        let length = match fault {
            Fault::Endless if status == 200 => String::new(),
            _ => format!("content-length: {}\r\n", content.len()),
        };
        write!(out, "HTTP/1.1 {status} so\r\n{location}{length}connection: close\r\n\r\n")?;
        match fault {
            Fault::Drips => {
                for byte in content {
                    out.write_all(&[byte])?;
                    sleep(Duration::from_millis(100));
                }
            }
            Fault::CutsOff => out.write_all(&content[..content.len() / 2])?,
            Fault::Endless if status == 200 => {
                out.write_all(&content)?;
                loop {
                    out.write_all(&[0; 4096])?;
                }
            }
            _ => out.write_all(&content)?,
        }
        out.flush()
    }
}

/// The directory of a path.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}
