//! rust-analyzer itself, as an editor speaks with it: requests and notifications of the Language Server Protocol.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use std::{env, io, thread};

use serde_json::{Value, json};
use tests::Toolchain;
use tests::toolchain::clean_environment;

/// The variable with rust-analyzer's path, which `x.py test` sets.
const PROGRAM: &str = "RUST_ANALYZER";

/// The variable with the directory of the library that it is linked to.
const LIBRARIES: &str = "RUST_ANALYZER_LIBRARIES";

/// How long an answer may take on a busy machine, at most. Cargo may have to build macros for the first one.
const PATIENCE: Duration = Duration::from_secs(600);

/// How long it may take until what was edited is seen.
const PAUSE: Duration = Duration::from_millis(200);

/// A session.
pub struct Editor {
    process: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    root: PathBuf,
    last: u64,
    /// What was said of each file last.
    diagnostics: HashMap<String, Vec<Value>>,
    /// Whether rust-analyzer has nothing to do, as it said last.
    is_quiet: bool,
    versions: HashMap<PathBuf, u64>,
    /// All messages to the user.
    said: Vec<String>,
}

impl Editor {
    /// Opens the workspace in `root`, whose macros the toolchain's Cargo builds as modules, with these variables in the environment.
    ///
    /// # Panics
    ///
    /// If rust-analyzer is not there: no test may pass by not running.
    pub fn open(root: &Path, store: &Path, variables: &[(&str, &str)]) -> Editor {
        let toolchain = Toolchain::get().root().join("bin");
        let path = |variable: &str| match env::var_os(variable) {
            Some(path) => PathBuf::from(path),
            None => panic!("`{variable}` is not set: these tests need rust-analyzer; run `./x.py test analyzer`"),
        };
        let mut command = Command::new(path(PROGRAM));
        for (name, value) in clean_environment() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env("LD_LIBRARY_PATH", path(LIBRARIES)).env_remove(PROGRAM).env_remove(LIBRARIES);
        command.env("CARGO", toolchain.join("cargo")).env("RUSTC", toolchain.join("rustc"));
        command.env("WASM_PROC_MACRO_STORE", store).current_dir(root);
        command.envs(variables.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        let input = process.stdin.take().expect("it is piped");
        let mut output = BufReader::new(process.stdout.take().expect("it is piped"));
        let (sender, messages) = channel();
        thread::spawn(move || {
            while let Ok(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let root = fs::canonicalize(root).expect("the workspace is there");
        let (diagnostics, versions) = (HashMap::new(), HashMap::new());
        let mut editor = Editor {
            process,
            input,
            messages,
            root,
            last: 0,
            diagnostics,
            is_quiet: false,
            versions,
            said: Vec::new(),
        };
        let options = settings();
        let folder = editor.uri("");
        editor.ask(
            "initialize",
            json!({
                "processId": null,
                "rootUri": folder,
                "workspaceFolders": [{ "uri": folder, "name": "workspace" }],
                "initializationOptions": options,
                "capabilities": {
                    "experimental": { "serverStatusNotification": true },
                    "textDocument": { "hover": { "contentFormat": ["plaintext"] }, "publishDiagnostics": {} },
                    "window": { "workDoneProgress": true },
                    "workspace": { "configuration": true, "didChangeWatchedFiles": { "dynamicRegistration": false } },
                },
            }),
        );
        editor.tell("initialized", json!({}));
        editor
    }

    /// Opens a file of the workspace.
    pub fn open_file(&mut self, name: &str) {
        let text = fs::read_to_string(self.root.join(name)).expect("the file is there");
        let document = json!({ "uri": self.uri(name), "languageId": "rust", "version": 1, "text": text });
        self.versions.insert(PathBuf::from(name), 1);
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Gives a file that is open another text, as typing would, and saves it.
    pub fn edit(&mut self, name: &str, text: &str) {
        let version = self.versions.get_mut(Path::new(name)).expect("it is open");
        *version += 1;
        let document = json!({ "uri": uri(&self.root, name), "version": *version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [{ "text": text }] }));
        fs::write(self.root.join(name), text).expect("the file can be written");
        self.tell("textDocument/didSave", json!({ "textDocument": { "uri": uri(&self.root, name) } }));
    }

    /// Has the macros built again, as the user would by the command for that.
    pub fn rebuild_macros(&mut self) {
        self.is_quiet = false;
        self.ask("rust-analyzer/rebuildProcMacros", Value::Null);
        self.settle();
    }

    /// Waits until rust-analyzer has nothing to do.
    pub fn settle(&mut self) {
        let begin = Instant::now();
        while !self.is_quiet {
            self.listen(begin);
        }
    }

    /// What a macro expands to at the first place where `text` stands in a file.
    pub fn expansion(&mut self, name: &str, text: &str) -> String {
        let answer = self.at("rust-analyzer/expandMacro", name, text);
        answer["expansion"].as_str().unwrap_or_default().to_owned()
    }

    /// What is shown for a name.
    pub fn hover(&mut self, name: &str, text: &str) -> String {
        let answer = self.at("textDocument/hover", name, text);
        answer["contents"]["value"].as_str().unwrap_or_default().to_owned()
    }

    /// Where a name is defined: files and lines.
    pub fn definitions(&mut self, name: &str, text: &str) -> Vec<(String, u64)> {
        let answer = self.at("textDocument/definition", name, text);
        let places = answer.as_array().cloned().unwrap_or_default();
        let place = |place: Value| {
            let uri = place["uri"].as_str().unwrap_or_default();
            (
                uri.rsplit('/').next().unwrap_or_default().to_owned(),
                place["range"]["start"]["line"].as_u64().unwrap_or(0),
            )
        };
        places.into_iter().map(place).collect()
    }

    /// Waits until the messages for a file are as `are_as_expected` says.
    ///
    /// # Panics
    ///
    /// If they are not in time.
    pub fn diagnostics(&mut self, name: &str, are_as_expected: impl Fn(&[String]) -> bool) -> Vec<String> {
        let begin = Instant::now();
        loop {
            let uri = self.uri(name);
            let pulled = self.ask("textDocument/diagnostic", json!({ "textDocument": { "uri": uri } }));
            let pulled = pulled["items"].as_array().cloned().unwrap_or_default();
            let pushed = self.diagnostics.get(&uri).cloned().unwrap_or_default();
            let text = |diagnostic: &Value| diagnostic["message"].as_str().unwrap_or_default().to_owned();
            let texts: Vec<_> = pulled.iter().chain(&pushed).map(text).collect();
            if are_as_expected(&texts) {
                return texts;
            }
            assert!(begin.elapsed() < PATIENCE, "{name}: {texts:#?}\n{:#?}", self.said);
            thread::sleep(PAUSE);
        }
    }

    /// What the user was told beside the files.
    pub fn said(&self) -> &[String] {
        &self.said
    }

    /// The process's number.
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    fn at(&mut self, method: &str, name: &str, text: &str) -> Value {
        let content = fs::read_to_string(self.root.join(name)).expect("the file is there");
        let offset = content.find(text).unwrap_or_else(|| panic!("`{text}` does not stand in `{name}`"));
        let before = &content[..offset];
        let line = before.matches('\n').count();
        let character = before.rsplit('\n').next().unwrap_or_default().len();
        let position = json!({ "line": line, "character": character });
        self.ask(method, json!({ "textDocument": { "uri": self.uri(name) }, "position": position }))
    }

    /// Makes a request and waits for the answer.
    fn ask(&mut self, method: &str, parameters: Value) -> Value {
        let begin = Instant::now();
        loop {
            self.last += 1;
            let id = self.last;
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": parameters }));
            let answer = loop {
                if let Some(answer) = self.listen(begin).filter(|answer| answer["id"] == id) {
                    break answer;
                }
            };
            // What was asked for changed meanwhile.
            let code = answer["error"]["code"].as_i64();
            if let Some(-32801 | -32802) = code {
                thread::sleep(PAUSE);
                continue;
            }
            assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
            return answer["result"].clone();
        }
    }

    fn tell(&mut self, method: &str, parameters: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": parameters }));
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        let sent = write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len());
        sent.and_then(|()| self.input.flush()).expect("rust-analyzer listens");
    }

    /// Takes the next message. What is an answer to a request is returned.
    fn listen(&mut self, since: Instant) -> Option<Value> {
        let left = PATIENCE.saturating_sub(since.elapsed());
        let message = match self.messages.recv_timeout(left) {
            Ok(message) => message,
            Err(error) => {
                thread::sleep(PAUSE);
                let ended = self.process.try_wait();
                panic!("nothing from rust-analyzer: {error}, {ended:?}; it said {:#?}", self.said)
            }
        };
        let Some(method) = message["method"].as_str() else { return Some(message) };
        let parameters = &message["params"];
        match method {
            "experimental/serverStatus" => {
                self.is_quiet = parameters["quiescent"] == true;
                self.said.extend(parameters["message"].as_str().map(str::to_owned));
            }
            "textDocument/publishDiagnostics" => {
                let items = parameters["diagnostics"].as_array().cloned().unwrap_or_default();
                self.diagnostics.insert(parameters["uri"].as_str().unwrap_or_default().to_owned(), items);
            }
            "window/showMessage" | "window/logMessage" => {
                self.said.extend(parameters["message"].as_str().map(str::to_owned));
            }
            _ => {}
        }
        if let Some(id) = message.get("id").cloned() {
            let result = match method {
                "workspace/configuration" => json!([null]),
                _ => Value::Null,
            };
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": result }));
        }
        None
    }

    fn uri(&self, name: &str) -> String {
        uri(&self.root, name)
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

fn uri(root: &Path, name: &str) -> String {
    format!("file://{}", if name.is_empty() { root.to_owned() } else { root.join(name) }.display())
}

/// The settings: that rust-analyzer does only what it is asked for.
fn settings() -> Value {
    json!({ "checkOnSave": false, "cachePriming": { "enable": false }, "procMacro": { "enable": true } })
}

fn read(output: &mut impl BufRead) -> io::Result<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim_end().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse().map_err(io::Error::other)?,
            Some(_) => {}
            None => break,
        }
    }
    let mut text = vec![0; length];
    output.read_exact(&mut text)?;
    serde_json::from_slice(&text).map_err(io::Error::other)
}
