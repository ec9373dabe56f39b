//! The process, and the requests that rust-analyzer makes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};
use tests::Toolchain;
use tests::toolchain::clean_environment;

use crate::tree;

/// How long a reply may take on a busy machine, at most.
const PATIENCE: Duration = Duration::from_secs(120);

/// Without this in its environment the server ends at once.
const SWITCH: &str = "RUST_ANALYZER_INTERNALS_DO_NOT_USE";

/// Where tokens come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spans {
    /// Numbers that mean nothing to the server.
    Ids,
    /// rust-analyzer's own: a file, and a range in it.
    Places,
}

/// A macro to expand.
pub struct Call<'a> {
    /// The file with the macro.
    pub library: &'a Path,
    /// What it is called.
    pub name: &'a str,
    /// What stands in its brackets, or the item.
    pub input: &'a str,
    /// What an attribute is given.
    pub attribute: Option<&'a str>,
    /// The environment variables that belong to the crate that is expanded.
    pub variables: &'a [(&'a str, &'a str)],
    /// Where it is expanded.
    pub dir: Option<&'a Path>,
}

impl<'a> Call<'a> {
    /// The macro `name` of `library` on `input`.
    pub fn new(library: &'a Path, name: &'a str, input: &'a str) -> Call<'a> {
        Call { library, name, input, attribute: None, variables: &[], dir: None }
    }
}

/// A running server.
pub struct Server {
    process: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    errors: Option<JoinHandle<String>>,
    spans: Spans,
}

impl Server {
    /// The server of the toolchain under test.
    pub fn start(spans: Spans) -> Server {
        Server::start_with(&program(Toolchain::get().root()), spans, &[])
    }

    /// That program, with these variables in its environment.
    ///
    /// # Panics
    ///
    /// If it does not start, or speaks another version of the protocol.
    pub fn start_with(program: &Path, spans: Spans, variables: &[(&str, &str)]) -> Server {
        let mut command = Command::new(program);
        for (name, value) in clean_environment() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env(SWITCH, "1").envs(variables.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap_or_else(|error| panic!("cannot run `{}`: {error}", program.display()));
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        let (sender, lines) = channel();
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut errors = process.stderr.take().expect("it is piped");
        let errors = thread::spawn(move || {
            let mut text = Vec::new();
            _ = errors.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        let mut server = Server { process, input, lines, errors: Some(errors), spans };
        assert_eq!(server.ask(&json!({ "ApiVersionCheck": {} })), json!({ "ApiVersionCheck": 6 }));
        if spans == Spans::Places {
            let config = json!({ "SetConfig": { "span_mode": "RustAnalyzer" } });
            assert_eq!(server.ask(&config), config);
        }
        server
    }

    /// Makes a request and waits for the reply.
    ///
    /// # Panics
    ///
    /// If none comes, or something else than a reply.
    pub fn ask(&mut self, request: &Value) -> Value {
        let input = self.input.as_mut().expect("it is open until the end");
        let sent = writeln!(input, "{request}").and_then(|()| input.flush());
        let reply = self.lines.recv_timeout(PATIENCE);
        let (Ok(()), Ok(line)) = (sent, reply) else {
            panic!("no reply to {request}\n{:?}\n{}", self.process.try_wait(), self.end());
        };
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("`{line}` is no reply: {error}"))
    }

    /// The macros of a file, with their kinds.
    ///
    /// # Errors
    ///
    /// Why the server cannot open it.
    pub fn macros(&mut self, library: &Path) -> Result<Vec<(String, String)>, String> {
        let reply = self.ask(&json!({ "ListMacros": { "dylib_path": library } }));
        let text = |value: &Value| value.as_str().expect("it is a text").to_owned();
        match result(&reply["ListMacros"]) {
            Ok(macros) => Ok(macros
                .as_array()
                .expect("it is a list")
                .iter()
                .map(|entry| (text(&entry[0]), text(&entry[1])))
                .collect()),
            Err(error) => Err(text(error)),
        }
    }

    /// Expands a macro, and returns all of the reply.
    ///
    /// # Errors
    ///
    /// The server's message.
    pub fn reply(&mut self, call: &Call<'_>) -> Result<Value, String> {
        let mut table: Vec<u32> = vec![3 << 23, 0, 0, 0, 0];
        let spans = self.spans;
        let mut span = |(start, end): (usize, usize)| match spans {
            Spans::Ids => start as u32 + 10,
            Spans::Places => {
                table.extend([3 << 23, 1, start as u32, end as u32, 0]);
                (table.len() / 5 - 1) as u32
            }
        };
        let body = tree::of(call.input, &mut span);
        let attributes = call.attribute.map(|text| tree::of(text, &mut span));
        let reply = self.ask(&json!({ "ExpandMacro": {
            "lib": call.library,
            "env": call.variables,
            "current_dir": call.dir,
            "macro_body": body,
            "macro_name": call.name,
            "attributes": attributes,
            "has_global_spans": { "serialize": true, "def_site": 0, "call_site": 0, "mixed_site": 0 },
            "span_data_table": if spans == Spans::Places { table } else { Vec::new() },
        }}));
        let name = if spans == Spans::Places { "ExpandMacroExtended" } else { "ExpandMacro" };
        match result(&reply[name]) {
            Ok(expanded) => Ok(expanded.clone()),
            Err(error) => Err(error.as_str().expect("it is a text").to_owned()),
        }
    }

    /// Expands a macro, and returns the tokens as text.
    ///
    /// # Errors
    ///
    /// The server's message.
    pub fn expand(&mut self, call: &Call<'_>) -> Result<String, String> {
        let spans = self.spans;
        self.reply(call).map(|reply| match spans {
            Spans::Ids => tree::text_of(&reply),
            Spans::Places => tree::text_of(&reply["tree"]),
        })
    }

    /// Whether the process runs.
    pub fn is_alive(&mut self) -> bool {
        self.process.try_wait().is_ok_and(|ended| ended.is_none())
    }

    /// Ends the server, and returns what it has written to standard error.
    pub fn end(&mut self) -> String {
        self.input = None;
        // It may hang.
        _ = self.process.kill();
        _ = self.process.wait();
        self.errors.take().and_then(|errors| errors.join().ok()).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// Where the program lies in a toolchain.
pub fn program(toolchain: &Path) -> PathBuf {
    toolchain.join("libexec").join(format!("rust-analyzer-proc-macro-srv{}", std::env::consts::EXE_SUFFIX))
}

fn result(value: &Value) -> Result<&Value, &Value> {
    match (value.get("Ok"), value.get("Err")) {
        (Some(ok), None) => Ok(ok),
        (None, Some(error)) => Err(error),
        _ => panic!("`{value}` is neither"),
    }
}
