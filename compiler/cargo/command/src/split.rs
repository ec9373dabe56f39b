//! Taking the command line apart: what is ours, and what is Cargo's and passed on as it is.

use std::ffi::{OsStr, OsString};
use std::iter::Peekable;

use crate::plan::Settings;
use crate::shell::Verbosity;

/// A command line, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Split {
    /// What `clap` is to read: the command and our options.
    pub(crate) ours: Vec<OsString>,
    /// What Cargo is to read.
    pub(crate) cargo: CargoLine,
}

/// A command line of Cargo's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CargoLine {
    /// What stands before the command.
    pub(crate) before: Vec<OsString>,
    /// As the user wrote it, which may be an alias.
    pub(crate) command: OsString,
    /// The command of Cargo's that an alias stands for.
    pub(crate) meant: Option<OsString>,
    /// The settings where the user typed it, if Cargo has said them.
    pub(crate) settings: Option<Settings>,
    /// What stands after the command, up to `--`.
    pub(crate) args: Vec<OsString>,
    /// What stands after `--`, if that is there.
    pub(crate) rest: Option<Vec<OsString>>,
}

/// The commands that are Cargo's own.
const CARGO_COMMANDS: &[&str] = &["check", "c", "build", "b", "run", "r", "test", "t", "bench", "doc", "d"];

/// The options of Cargo's that may stand before a command and have a value.
const VALUES_BEFORE: &[&str] = &["-C", "-Z", "--color", "--config", "--manifest-path"];

/// Our options of a command.
struct Ours {
    flags: &'static [&'static str],
    values: &'static [&'static str],
    /// Takes as many values as follow.
    list: &'static str,
    /// Those that end in help.
    help: &'static [&'static str],
}

const RUN: Ours = Ours {
    flags: &["--forbid-native", "--retry"],
    values: &["--native", "--only", "--explain", "--on-refusal"],
    list: "",
    help: HELP,
};
const PACK: Ours = Ours { flags: &[], values: &["-p", "--package", "-o", "--out-dir"], list: "", help: HELP };
const VERIFY: Ours = Ours { flags: &[], values: &["-p", "--package"], list: "", help: HELP };
const PERMISSIONS: Ours = Ours { flags: &[], values: &[], list: "--accept", help: HELP };
const SHARED: Ours = Ours { flags: &["--replace"], values: &[], list: "", help: HELP };
const OPTIMIZE: Ours = Ours { flags: &[], values: &[], list: "", help: HELP };
const NOTHING: Ours = Ours { flags: &[], values: &[], list: "", help: &[] };
const HELP: &[&str] = &["-h", "--help", "-V", "--version"];

/// Whether a command of the store's is about a project, so that it has options of Cargo's.
fn is_shared(command: &OsString) -> bool {
    ["pull", "push", "verify"].iter().any(|name| command == name)
}

/// Takes apart a line of plain Cargo's, in which nothing is ours: the command that is meant, which the line may name by an alias, the
/// settings as JSON, and the line.
pub(crate) fn in_cargo(args: impl IntoIterator<Item = OsString>) -> CargoLine {
    let mut args = args.into_iter().peekable();
    let meant = args.next();
    let settings = args.next().and_then(|text| serde_json::from_str(text.to_str()?).ok());
    let mut line = CargoLine { meant, settings, ..CargoLine::default() };
    line.command = line.take_command(&NOTHING, &mut args, &mut Vec::new()).unwrap_or_default();
    line.take_args(&NOTHING, &mut args, &mut Vec::new());
    line
}

/// Takes apart what follows the program's name.
pub(crate) fn split(args: impl IntoIterator<Item = OsString>) -> Split {
    let mut args = args.into_iter().peekable();
    // Cargo repeats the name of the command that it was asked for.
    args.next_if(|first| first == "wasm-proc-macro");
    let mut split = Split::default();
    let mut options = Vec::new();
    let command = split.cargo.take_command(&RUN, &mut args, &mut options);
    let Some(command) = command else {
        split.ours = options;
        return split;
    };
    let ours = match command.to_str() {
        Some(name) if CARGO_COMMANDS.contains(&name) => RUN,
        Some("pack") => PACK,
        Some("verify") => VERIFY,
        Some("permissions") => PERMISSIONS,
        Some("optimize") => OPTIMIZE,
        Some("store") if args.peek().is_some_and(is_shared) => {
            split.ours.push(command.clone());
            split.ours.extend(args.next());
            SHARED
        }
        // What has nothing to do with Cargo, or is not known, is for clap alone.
        _ => {
            split.ours = std::mem::take(&mut split.cargo.before);
            split.ours.push(command);
            split.ours.extend(options);
            split.ours.extend(args);
            return split;
        }
    };
    if split.ours.is_empty() {
        split.ours.push(command.clone());
    }
    split.ours.extend(options);
    split.cargo.command = command;
    split.cargo.take_args(&ours, &mut args, &mut split.ours);
    split
}

impl Ours {
    /// Moves `arg` to `ours` if it is ours, with its value. A missing value is for clap to complain about.
    fn takes(
        &self,
        arg: &OsStr,
        rest: &mut Peekable<impl Iterator<Item = OsString>>,
        ours: &mut Vec<OsString>,
    ) -> bool {
        let bytes = arg.as_encoded_bytes();
        if !self.list.is_empty() && arg == self.list {
            ours.push(arg.to_owned());
            while let Some(value) = rest.next_if(|value| !value.as_encoded_bytes().starts_with(b"-")) {
                ours.push(value);
            }
            return true;
        }
        if self.flags.iter().chain(self.help).any(|flag| arg == *flag) {
            ours.push(arg.to_owned());
            return true;
        }
        if self.values.iter().any(|option| arg == *option) {
            ours.push(arg.to_owned());
            ours.extend(rest.next());
            return true;
        }
        let lists = [self.list].into_iter().filter(|list| !list.is_empty());
        let attached = self.values.iter().copied().chain(lists).any(|option| {
            let value = bytes.strip_prefix(option.as_bytes());
            // `--native=x`, but `-px`.
            value.is_some_and(|value| !option.starts_with("--") || value.starts_with(b"="))
        });
        if attached {
            ours.push(arg.to_owned());
        }
        attached
    }
}

impl CargoLine {
    /// Moves what stands before the command, and returns the command.
    fn take_command(
        &mut self,
        ours: &Ours,
        args: &mut Peekable<impl Iterator<Item = OsString>>,
        options: &mut Vec<OsString>,
    ) -> Option<OsString> {
        while let Some(arg) = args.next() {
            if !arg.as_encoded_bytes().starts_with(b"-") && !arg.as_encoded_bytes().starts_with(b"+") {
                return Some(arg);
            }
            if ours.takes(&arg, args, options) {
                continue;
            }
            let has_value = VALUES_BEFORE.iter().any(|option| arg == *option);
            self.before.push(arg);
            if has_value {
                self.before.extend(args.next());
            }
        }
        None
    }

    /// Moves what stands behind the command.
    fn take_args(
        &mut self,
        ours: &Ours,
        args: &mut Peekable<impl Iterator<Item = OsString>>,
        options: &mut Vec<OsString>,
    ) {
        while let Some(arg) = args.next() {
            if arg == "--" {
                self.rest = Some(args.collect());
                break;
            }
            if !ours.takes(&arg, args, options) {
                self.args.push(arg);
            }
        }
    }

    /// The command of Cargo's.
    pub(crate) fn meant(&self) -> &OsStr {
        self.meant.as_deref().unwrap_or(&self.command)
    }

    /// The whole line, as the user wrote it.
    pub(crate) fn all(&self) -> Vec<OsString> {
        self.line(&self.command, &[], self.args.clone())
    }

    /// The line for a call whose output is not the user's: without `--message-format`. `more` has a say before the user.
    pub(crate) fn silent(&self, command: &OsStr, more: &[OsString]) -> Vec<OsString> {
        // Cargo takes each of these once.
        let dropped =
            |name: &str| name == "--message-format" || name == "--target-dir" && more.iter().any(|it| it == name);
        let mut args = Vec::new();
        let mut rest = self.args.iter();
        while let Some(arg) = rest.next() {
            let text = arg.to_str().unwrap_or_default();
            match text.split_once('=') {
                Some((name, _)) if dropped(name) => {}
                None if dropped(text) => _ = rest.next(),
                _ => args.push(arg.clone()),
            }
        }
        self.line(command, more, args)
    }

    fn line(&self, command: &OsStr, more: &[OsString], args: Vec<OsString>) -> Vec<OsString> {
        let mut line = self.before.clone();
        line.push(command.to_owned());
        line.extend_from_slice(more);
        line.extend(args);
        if let Some(rest) = &self.rest {
            line.push("--".into());
            line.extend(rest.iter().cloned());
        }
        line
    }

    /// The options that let these packages run natively, where the command has a say; else a command that has them.
    pub(crate) fn natively(&self, names: &[&str]) -> String {
        let options = names.iter().map(|name| format!("--native {name}")).collect::<Vec<_>>().join(" ");
        if self.meant.is_some() { format!("cargo wasm-proc-macro build {options}") } else { options }
    }

    /// The value of an option such as `--color`.
    pub(crate) fn value_of(&self, option: &str) -> Option<&OsStr> {
        let mut args = self.before.iter().chain(&self.args);
        while let Some(arg) = args.next() {
            if arg == option {
                return args.next().map(OsString::as_os_str);
            }
            let value = arg.to_str().and_then(|arg| arg.strip_prefix(option)?.strip_prefix('='));
            if let Some(value) = value {
                return Some(OsStr::new(value));
            }
        }
        None
    }

    /// How much Cargo was told to say.
    pub(crate) fn verbosity(&self) -> Verbosity {
        let is_set = |variable: &str| std::env::var_os(variable).is_some_and(|value| value == "true" || value == "1");
        let mut verbosity = match () {
            () if is_set("CARGO_TERM_QUIET") => Verbosity::Quiet,
            () if is_set("CARGO_TERM_VERBOSE") => Verbosity::Verbose,
            () => Verbosity::Normal,
        };
        for arg in self.before.iter().chain(&self.args) {
            let Some(arg) = arg.to_str() else { continue };
            let letters = match arg {
                "--quiet" => "q",
                "--verbose" => "v",
                _ if arg.starts_with("--") => "",
                _ => arg.strip_prefix('-').unwrap_or_default(),
            };
            // In `-rq` each letter is an option, in `-pquick` the first one takes the rest.
            for letter in letters.chars().take_while(|letter| !"pFjZCo".contains(*letter)) {
                match letter {
                    'q' => verbosity = Verbosity::Quiet,
                    'v' => verbosity = Verbosity::Verbose,
                    _ => {}
                }
            }
        }
        verbosity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split_of(line: &str) -> Split {
        split(line.split_whitespace().map(OsString::from))
    }

    fn texts(args: &[OsString]) -> String {
        args.iter().map(|arg| arg.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn our_options_are_taken_out_wherever_they_stand() {
        // Cargo would refuse them, and clap would refuse Cargo's.
        let split =
            split_of("--only a build -p x --native b --release --forbid-native --native=c --features=f -- --native d");
        assert_eq!(texts(&split.ours), "build --only a --native b --forbid-native --native=c");
        assert_eq!(texts(&split.cargo.all()), "build -p x --release --features=f -- --native d");
    }

    #[test]
    fn the_name_that_cargo_repeats_is_dropped() {
        // The command works under both names.
        assert_eq!(split_of("wasm-proc-macro check -p y"), split_of("check -p y"));
    }

    #[test]
    fn options_before_the_command_stay_there() {
        // `-C` and `-Z` are known to Cargo only before its command.
        let split = split_of("+nightly -C some/where --config a.b=1 -v run --bin x -- y");
        assert_eq!(texts(&split.cargo.all()), "+nightly -C some/where --config a.b=1 -v run --bin x -- y");
        assert_eq!(texts(&split.ours), "run");
    }

    #[test]
    fn a_package_is_ours_in_pack_and_cargos_in_build() {
        // `pack -p` names a dependency, which `cargo build -p` would build for the host.
        let split = split_of("pack -pserde_derive --release -o out --all-targets");
        assert_eq!(texts(&split.ours), "pack -pserde_derive -o out");
        assert_eq!(texts(&split.cargo.all()), "pack --release --all-targets");
        assert_eq!(texts(&split_of("build -p x").cargo.all()), "build -p x");
    }

    #[test]
    fn the_packages_that_are_accepted_are_ours() {
        // `cargo build` has no arguments but options.
        let split = split_of("permissions --accept a b@1 --features x --accept=c -- y");
        assert_eq!(texts(&split.ours), "permissions --accept a b@1 --accept=c");
        assert_eq!(texts(&split.cargo.all()), "permissions --features x -- y");
    }

    #[test]
    fn calls_of_ours_leave_out_the_message_format() {
        // It would put Cargo's messages between the plan's lines.
        let line = split_of("check --message-format json -p x --message-format=short").cargo;
        assert_eq!(texts(&line.silent(OsStr::new("check"), &[])), "check -p x");
        // Two target directories are an error of Cargo's.
        let line = split_of("check --target-dir a -p x --target-dir=b").cargo;
        let more = ["--target-dir".into(), "ours".into()];
        assert_eq!(texts(&line.silent(OsStr::new("check"), &more)), "check --target-dir ours -p x");
        assert_eq!(texts(&line.silent(OsStr::new("check"), &[])), "check --target-dir a -p x --target-dir=b");
        let line = split_of("check --message-format json -p x --message-format=short").cargo;
        assert_eq!(texts(&line.all()), "check --message-format json -p x --message-format=short");
    }

    #[test]
    fn verbosity_is_read_from_clusters_too() {
        // `-rq` is as quiet as `-q`, and the package `quick` is no reason to be quiet.
        assert_eq!(split_of("build -rq").cargo.verbosity(), Verbosity::Quiet);
        assert_eq!(split_of("build -vv").cargo.verbosity(), Verbosity::Verbose);
        assert_eq!(split_of("build -pquick -- -q").cargo.verbosity(), Verbosity::Normal);
        assert_eq!(split_of("-q build").cargo.verbosity(), Verbosity::Quiet);
    }

    #[test]
    fn nothing_in_a_line_of_cargo_s_is_ours() {
        // `cargo run` gives its program all that follows the first argument that is no option.
        let line = r#"run {"forbid-native":true} -v --config a.b=1 go --release x --only y -h -- --native z"#;
        let line = in_cargo(line.split(' ').map(OsString::from));
        assert_eq!(texts(&line.all()), "-v --config a.b=1 go --release x --only y -h -- --native z");
        assert_eq!((line.meant(), &*line.command), (OsStr::new("run"), OsStr::new("go")));
        assert!(line.settings.as_ref().unwrap().forbid_native);
        // Plain Cargo has no such option.
        assert_eq!(line.natively(&["a", "b"]), "cargo wasm-proc-macro build --native a --native b");
        // What is ours is put behind the command and not behind an option's value.
        let line = line.silent(&line.command, &["--target-dir".into(), "ours".into()]);
        assert!(texts(&line).starts_with("-v --config a.b=1 go --target-dir ours --release"));
    }

    #[test]
    fn an_unknown_command_is_left_to_clap() {
        // Its message has near names.
        assert_eq!(texts(&split_of("-q biuld -p x").ours), "-q biuld -p x");
        assert_eq!(texts(&split_of("store gc --max-age 3").ours), "store gc --max-age 3");
    }

    #[test]
    fn what_is_shared_is_so_by_project() {
        // Cargo's options decide which macros there are, as for `pack`.
        let split = split_of("store push --replace -p x --features f");
        assert_eq!(texts(&split.ours), "store push --replace");
        assert_eq!(texts(&split.cargo.all()), "store -p x --features f");
    }
}
