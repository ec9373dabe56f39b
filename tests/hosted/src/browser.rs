//! A headless Chromium, by <https://www.w3.org/TR/webdriver2/>.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::Agent;

/// A program that ends with the test.
struct Running(Child);

impl Running {
    /// Starts a program that prints a line with its port, which follows `before`.
    fn start(command: &mut Command, before: &str) -> (Running, u16) {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        let port = loop {
            line.clear();
            assert_ne!(lines.read_line(&mut line).expect("it prints text"), 0, "{command:?} has ended");
            if let Some((_, rest)) = line.split_once(before) {
                let digits = rest.trim_start().split(|c: char| !c.is_ascii_digit()).next();
                break digits.and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("no port: {line}"));
            }
        };
        // Whoever prints more must not wait for somebody to read it.
        thread::spawn(move || _ = lines.read_to_end(&mut Vec::new()));
        (Running(child), port)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// A server of the files in a directory, on this machine alone.
pub struct Server {
    _running: Running,
    pub url: String,
}

impl Server {
    pub fn start(directory: &Path) -> Server {
        let mut command = Command::new("python3");
        command.args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory"]).arg(directory);
        let (running, port) = Running::start(&mut command, "port ");
        Server { _running: running, url: format!("http://127.0.0.1:{port}/") }
    }
}

/// A browser with one window.
pub struct Browser {
    _driver: Running,
    agent: Agent,
    /// The address of the session.
    session: String,
}

impl Browser {
    pub fn start() -> Browser {
        let mut command = Command::new("chromedriver");
        let (driver, port) = Running::start(command.arg("--port=0"), "successfully on port ");
        let config = Agent::config_builder().http_status_as_error(false).build();
        let session = format!("http://127.0.0.1:{port}/session");
        let mut browser = Browser { _driver: driver, agent: config.into(), session };
        // As root, which tests may be run as, the browser's own sandbox does not start.
        let arguments = ["--headless=new", "--no-sandbox", "--window-size=1280,800"];
        let chrome = json!({ "goog:chromeOptions": { "args": arguments }, "timeouts": { "script": 300_000 } });
        let session = browser.post("", json!({ "capabilities": { "alwaysMatch": chrome } }));
        browser.session += &format!("/{}", session["sessionId"].as_str().expect("a session has an id"));
        browser
    }

    fn post(&self, command: &str, body: Value) -> Value {
        let mut response = self.agent.post(format!("{}{command}", self.session)).send_json(&body).expect("it listens");
        let answer: Value = response.body_mut().read_json().expect("it answers with JSON");
        assert!(response.status().is_success(), "{command} {body}: {answer}");
        answer["value"].clone()
    }

    pub fn open(&self, url: &str) {
        self.post("/url", json!({ "url": url }));
    }

    pub fn reload(&self) {
        self.post("/refresh", json!({}));
    }

    /// Runs a function's body in the page, and returns what that returns, or what its promise becomes.
    pub fn run(&self, body: &str, arguments: &[&str]) -> Value {
        self.post("/execute/sync", json!({ "script": body, "args": arguments }))
    }

    /// Waits until an expression, which may have `await`, is true in the page.
    #[track_caller]
    pub fn wait(&self, expression: &str, limit: Duration) {
        let begin = Instant::now();
        while self.run(&format!("return (async () => Boolean({expression}))()"), &[]) != true {
            let page = || self.run("return document.body.innerText", &[]);
            assert!(begin.elapsed() < limit, "`{expression}` is not true after {limit:?}\n{}", page());
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        _ = self.agent.delete(&self.session).call();
    }
}
