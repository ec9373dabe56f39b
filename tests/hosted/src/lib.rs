//! Calls of the compiler that is a WebAssembly program, and the same calls of the native one.

pub mod browser;
pub mod page;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tests::{Lab, Outcome, RustcExt, Toolchain};

const HOSTED_VAR: &str = "RUSTC_WASM_HOSTED";

/// The directory that `./x.py build --hosted` fills.
///
/// # Panics
///
/// If nobody says where it is: no test may pass by not running.
pub fn directory() -> PathBuf {
    env::var_os(HOSTED_VAR)
        .map(PathBuf::from)
        .unwrap_or_else(|| panic!("`{HOSTED_VAR}` is not set; run `./x.py test hosted`"))
}

/// The cache of compiled code, which all tests share: the compiler itself is in it.
pub fn cache() -> PathBuf {
    directory().join("cache")
}

/// A call of the hosted compiler that may write in the lab, with options of `rustc-hosted` before its own arguments.
pub fn hosted_with(lab: &Lab, options: &[&str]) -> Command {
    let mut command = Command::new(directory().join("rustc-hosted"));
    command.current_dir(lab.path()).arg("--cache").arg(cache());
    command.arg("--write").arg(lab.path()).arg("--read").arg(directory().join("sysroot"));
    command.args(options).args(["--env", "RUSTC_BOOTSTRAP=1"]).arg(directory().join("rustc.wasm"));
    command.arg("--sysroot").arg(directory().join("sysroot")).args(["--edition", "2024"]);
    command.cache(&lab.join("stubs"));
    command
}

/// [`hosted_with`] without options.
pub fn hosted(lab: &Lab) -> Command {
    hosted_with(lab, &[])
}

/// The same call of the native compiler, with the same crate metadata of the standard library.
pub fn native(lab: &Lab) -> Command {
    let mut command = Toolchain::get().rustc();
    command.env_clear().env("RUSTC_BOOTSTRAP", "1").current_dir(lab.path());
    command.arg("--sysroot").arg(directory().join("sysroot")).args(["--edition", "2024"]);
    command.cache(&lab.join("cache"));
    command
}

/// A module of an auxiliary crate of `tests/ui`, in the lab under the crate's name.
pub fn module(lab: &Lab, krate: &str) {
    // Those crates are found from the directory of the package `tests`.
    env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).expect("it is in the repository");
    lab.module(krate, krate);
}

/// What both compilers make of the same arguments: how they end, what they print, and the files that they write.
#[derive(Debug)]
pub struct Both {
    pub hosted: Outcome,
    pub native: Outcome,
    pub outputs: [Option<Vec<u8>>; 2],
}

/// What both compilers get beside the lab.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Directories that the hosted one may read. The native one may anyway.
    pub read: Vec<PathBuf>,
    /// Variables, by name and value.
    pub environment: Vec<(String, String)>,
}

/// Calls both with these arguments, and with `-o` for a file of each.
pub fn both(lab: &Lab, arguments: &[&str], output: Option<&str>) -> Both {
    both_in(lab, &Surroundings::default(), arguments, output)
}

/// [`both`], with more than the lab.
pub fn both_in(lab: &Lab, surroundings: &Surroundings, arguments: &[&str], output: Option<&str>) -> Both {
    let run = |mut command: Command, name: &str| {
        command.args(arguments);
        let file = output.map(|output| {
            fs::create_dir_all(lab.join(name)).expect("the lab can be written");
            Path::new(name).join(output)
        });
        if let Some(file) = &file {
            command.arg("-o").arg(file);
        }
        let outcome = command.outcome();
        (outcome, file.and_then(|file| fs::read(lab.path().join(file)).ok()))
    };
    let Surroundings { read, environment } = surroundings;
    let reads = read.iter().flat_map(|path| ["--read", path.to_str().expect("it is UTF-8")]).map(str::to_owned);
    let variables = environment.iter().flat_map(|(name, value)| ["--env".to_owned(), format!("{name}={value}")]);
    let options: Vec<String> = reads.chain(variables).collect();
    let mut native = native(lab);
    native.envs(environment.iter().map(|(name, value)| (name, value)));
    let (native, native_output) = run(native, "native");
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let (hosted, hosted_output) = run(hosted_with(lab, &options), "hosted");
    Both { hosted, native, outputs: [hosted_output, native_output] }
}

impl Both {
    /// They must have ended alike and printed the same.
    #[track_caller]
    pub fn equal(self) -> Both {
        let Both { hosted, native, .. } = &self;
        assert_eq!(
            (hosted.code, &hosted.stdout, &hosted.stderr),
            (native.code, &native.stdout, &native.stderr),
            "{hosted}\n{native}"
        );
        self
    }

    /// They must have written the same file.
    #[track_caller]
    pub fn same_output(self) -> Both {
        let [hosted, native] = &self.outputs;
        let lengths = [hosted, native].map(|bytes| bytes.as_ref().map(Vec::len));
        assert!(native.is_some(), "there is no output\n{}", self.native);
        assert!(hosted == native, "the outputs differ; bytes of hosted and native: {lengths:?}\n{}", self.hosted);
        self
    }
}
