//! What this command tells Cargo, and what Cargo tells it while it builds.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::dep_info;
use crate::grants::Grants;
use crate::profile::Profile;

/// Which of its three ways Cargo is to take.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    Plan,
    Build,
    Use,
}

/// The file that `__CARGO_WASM_PROC_MACRO_REQUEST` names.
#[derive(Debug, Serialize)]
pub(crate) struct Request<'a> {
    pub(crate) mode: Mode,
    /// The macro crates that stay native, by their root modules.
    pub(crate) native: Vec<&'a Path>,
    /// The ids of their packages.
    pub(crate) native_packages: BTreeSet<&'a str>,
    /// The macros that are taken from modules.
    pub(crate) modules: Vec<Module<'a>>,
    /// The macros that are to be built.
    pub(crate) build: Vec<Wanted<'a>>,
    /// How they are compiled.
    pub(crate) profile: Profile,
    /// Whether Cargo ends when it has compiled all that can be compiled, the examples of the documentation if they are tests.
    pub(crate) runs_nothing: bool,
    /// A file that Cargo makes if it meets a macro behind a native one that the plan did not have, and ends. Without it that is an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unplanned: Option<PathBuf>,
    /// Where Cargo tells compilers what macros may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) policy_dir: Option<PathBuf>,
}

impl Request<'_> {
    /// A request that names no macro.
    pub(crate) fn new(mode: Mode) -> Self {
        Request {
            mode,
            native: Vec::new(),
            native_packages: BTreeSet::new(),
            modules: Vec::new(),
            build: Vec::new(),
            profile: Profile::default(),
            runs_nothing: false,
            unplanned: None,
            policy_dir: None,
        }
    }
}

/// A macro and its module.
#[derive(Debug, Serialize)]
pub(crate) struct Module<'a> {
    pub(crate) package: &'a str,
    pub(crate) features: &'a [String],
    pub(crate) path: &'a Path,
    /// The file whose time tells whether it is another one. Without it the SHA-256 does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stamp: Option<PathBuf>,
    /// The SHA-256 of the module.
    pub(crate) sha256: &'a str,
    /// The package's id.
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    pub(crate) grants: Grants,
}

/// A macro that is to be built.
#[derive(Debug, Serialize)]
pub(crate) struct Wanted<'a> {
    pub(crate) package: &'a str,
    pub(crate) features: &'a [String],
}

/// What happens while Cargo builds macros.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// How many units there are.
    Total { units: u64 },
    /// Work on a unit begins.
    Started { package: String, name: String, version: String },
    /// Work on a crate is done, or there was none to do.
    Finished(Finished),
    /// A build script has run, or did so before. `variables` are those that it sets for its package.
    Ran { package: String, out_dir: PathBuf, variables: Vec<String> },
    /// A unit could not be compiled. A build script that fails is on standard error only.
    Failed { package: String, message: String },
}

/// A crate that is compiled.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finished {
    pub(crate) package: String,
    pub(crate) features: Vec<String>,
    /// Whether it was compiled before.
    pub(crate) fresh: bool,
    /// Whether it is a build script.
    pub(crate) is_script: bool,
    /// If it is a macro.
    pub(crate) module: Option<PathBuf>,
    /// What the compiler says that it was made from.
    pub(crate) dep_info: Option<PathBuf>,
}

impl Event {
    /// Reads a line that Cargo writes in `build` mode: one of its usual JSON messages, or of the two that only this mode
    /// has. Nothing for what need not be known, nor for a list: serde takes one for a message as well, but Cargo writes none, and macros may.
    pub(crate) fn parse(line: &[u8]) -> serde_json::Result<Option<Event>> {
        if line.trim_ascii_start().starts_with(b"[") {
            return Ok(None);
        }
        Ok(match serde_json::from_slice(line)? {
            Message::Units { total: units } => Some(Event::Total { units }),
            Message::Started { package_id: package, name, version } => Some(Event::Started { package, name, version }),
            Message::Artifact { package_id: package, target, features, filenames, fresh } => {
                let is = |kind: &str| target.kind.iter().any(|it| it == kind);
                let dep_info = filenames.iter().find_map(|file| dep_info::beside(file));
                let mut modules = filenames.iter().filter(|file| file.extension().is_some_and(|it| it == "wasm"));
                let module = modules.next().filter(|_| is("proc-macro")).cloned();
                let is_script = is("custom-build");
                Some(Event::Finished(Finished { package, features, fresh, is_script, module, dep_info }))
            }
            Message::ScriptExecuted { package_id: package, env, out_dir } => {
                Some(Event::Ran { package, out_dir, variables: env.into_iter().map(|(name, _)| name).collect() })
            }
            Message::Diagnostic { package_id: package, message } if message.level.starts_with("error") => {
                Some(Event::Failed { package, message: message.rendered.unwrap_or(message.message) })
            }
            Message::Diagnostic { .. } | Message::Other => None,
        })
    }
}

/// <https://doc.rust-lang.org/cargo/reference/external-tools.html#json-messages>, as far as it is needed.
#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "wasm-proc-macro-units")]
    Units { total: u64 },
    #[serde(rename = "wasm-proc-macro-started")]
    Started { package_id: String, name: String, version: String },
    #[serde(rename = "compiler-artifact")]
    Artifact { package_id: String, target: Target, features: Vec<String>, filenames: Vec<PathBuf>, fresh: bool },
    #[serde(rename = "build-script-executed")]
    ScriptExecuted { package_id: String, env: Vec<(String, String)>, out_dir: PathBuf },
    #[serde(rename = "compiler-message")]
    Diagnostic { package_id: String, message: Diagnostic },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Diagnostic {
    /// `error`, `error: internal compiler error`, `warning`, …
    level: String,
    message: String,
    rendered: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_macro_s_artifact_is_its_module() {
        // Cargo writes such a line for fresh units as well, which is how the path is known without building.
        let line = br#"{"reason":"compiler-artifact","package_id":"p","manifest_path":"/m","target":{"kind":["proc-macro"],"name":"n"},
            "profile":{},"features":["f"],"filenames":["/x/n-0.d","/x/n-0.wasm"],"executable":null,"fresh":true}"#;
        let module = Some(PathBuf::from("/x/n-0.wasm"));
        let dep_info = Some(PathBuf::from("/x/n-0.d"));
        let (package, features) = ("p".into(), vec!["f".into()]);
        let expected = Finished { package, features, fresh: true, is_script: false, module, dep_info };
        assert_eq!(Event::parse(line).unwrap(), Some(Event::Finished(expected)));
    }

    #[test]
    fn a_list_is_no_message() {
        // Else a macro that runs while another one is built could say what that one's module is.
        for tag in ["\"compiler-artifact\"", "2"] {
            let line = format!(r#" [{tag},"p",[["proc-macro"]],[],["/x/n-0.wasm"],false]"#);
            assert_eq!(Event::parse(line.as_bytes()).unwrap(), None);
        }
    }

    #[test]
    fn only_errors_are_failures() {
        // A warning in a macro's source must not make it native.
        let line = |level: &str| {
            format!(
                r#"{{"reason":"compiler-message","package_id":"p","message":{{"level":"{level}","message":"m","rendered":"r"}}}}"#
            )
        };
        let failed = Event::Failed { package: "p".into(), message: "r".into() };
        assert_eq!(Event::parse(line("warning").as_bytes()).unwrap(), None);
        assert_eq!(Event::parse(line("error").as_bytes()).unwrap(), Some(failed));
        assert_eq!(Event::parse(br#"{"reason":"build-finished","success":true}"#).unwrap(), None);
        assert!(Event::parse(b"not JSON").is_err());
    }
}
