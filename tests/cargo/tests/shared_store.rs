//! Modules that machines share by servers of others: nginx, and one that speaks S3. A machine is a home, a store and a target directory.

use std::env;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use cargo_tests::{CargoOutcome as _, Kind, Site};
use tests::{Lab, Outcome, RustcExt as _};

/// The variable with the directory of the programs, which `x.py test` sets.
const TOOLS: &str = "CARGO_TESTS_TOOLS";

/// What a server lets write. Not secret.
const USER: &str = "machine";
const PASSWORD: &str = "not-secret";

const ON: &str = "[wasm-proc-macro]\nenabled = true\n";

/// A program that is installed.
///
/// # Panics
///
/// If it is not there: no test may pass by not running.
fn installed(name: &str) -> PathBuf {
    let own = env::var_os("PATH").unwrap_or_default();
    // Not everybody's `PATH` has where Debian puts servers.
    let mut directories = env::split_paths(&own).chain(["/usr/sbin".into()]);
    let found = directories.find_map(|directory| Some(directory.join(name)).filter(|program| program.exists()));
    found.unwrap_or_else(|| panic!("there is no `{name}`; `./x.py test cargo` installs it"))
}

/// A program of others that `x.py test` builds.
fn built(name: &str) -> PathBuf {
    let directory = env::var_os(TOOLS).unwrap_or_else(|| panic!("`{TOOLS}` is not set; run `./x.py test cargo`"));
    let program = Path::new(&directory).join(name);
    assert!(program.exists(), "there is no `{}`; run `./x.py test cargo`", program.display());
    program
}

/// A server that ends with the test.
struct Server {
    child: Child,
    port: u16,
    lab: Lab,
}

impl Server {
    /// Starts what `command` makes of a free port and a directory, and waits until it listens.
    fn start(command: impl Fn(u16, &Lab) -> Command) -> Server {
        let lab = Lab::new();
        // Between this and the server's own look at it nobody else takes it: the system gives out others first.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port is free").port();
        let mut command = command(port, &lab);
        let log = fs::File::create(lab.join("server.log")).expect("a log can be made");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        let server = Server { child, port, lab };
        let end = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = fs::read_to_string(server.lab.join("server.log")).unwrap_or_default();
            assert!(Instant::now() < end, "{command:?} does not listen: {log}");
            sleep(Duration::from_millis(20));
        }
        server
    }

    /// nginx with WebDAV, where everybody reads and who has the password writes.
    fn nginx() -> Server {
        let nginx = installed("nginx");
        Server::start(|port, lab| {
            fs::create_dir_all(lab.join("served")).expect("a directory can be made");
            lab.write("passwords", format!("{USER}:{{PLAIN}}{PASSWORD}\n"));
            certificate(lab);
            let dir = lab.path().display();
            let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .map(|name| format!("{name}_temp_path {dir}/tmp-{name};\n"))
                .concat();
            let configuration = format!(
                "user root;\ndaemon off;\nmaster_process off;\npid {dir}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}\
                 server {{\nlisten 127.0.0.1:{port} ssl;\nssl_certificate {dir}/certificate;\nssl_certificate_key {dir}/key;\n\
                 root {dir}/served;\nclient_max_body_size 64m;\nlocation / {{\ndav_methods PUT;\ncreate_full_put_path on;\n\
                 limit_except GET {{ auth_basic store; auth_basic_user_file {dir}/passwords; }}\n}}\n}}\n}}\n"
            );
            let configuration = lab.write("nginx.conf", configuration);
            let mut command = Command::new(&nginx);
            command.arg("-p").arg(lab.path()).arg("-c").arg(configuration).args(["-e", "stderr"]);
            command
        })
    }

    /// An S3 server that keeps a bucket's objects as files.
    fn s3() -> Server {
        let program = built("s3s-fs");
        Server::start(|port, lab| {
            fs::create_dir_all(lab.join("served/bucket")).expect("a directory can be made");
            let mut command = Command::new(&program);
            command.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
            command.args(["--access-key", USER, "--secret-key", PASSWORD]).arg(lab.join("served"));
            command
        })
    }

    /// The table of Cargo's configuration for who takes what `public` has signed.
    fn table(&self, public: &str) -> String {
        let port = self.port;
        let place = if self.lab.join("certificate").exists() {
            format!("url = \"https://127.0.0.1:{port}/modules\"")
        } else {
            format!("url = \"s3://bucket/modules\"\nendpoint = \"http://127.0.0.1:{port}\"")
        };
        format!("[wasm-proc-macro.store]\n{place}\ntrusted-keys = [\"{public}\"]\ntimeout = \"20s\"\n")
    }

    /// The files that clients have sent.
    fn entries(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = tests::command::files(&self.lab.join("served"));
        // The S3 server notes things about objects beside them.
        files.retain(|file| file.file_name().is_some_and(|name| name.len() == 64));
        files.into_iter().map(|file| self.lab.join("served").join(file)).collect()
    }

    fn kill(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A certificate for this machine, which signs itself.
fn certificate(lab: &Lab) {
    let mut openssl = Command::new(installed("openssl"));
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]);
    openssl.args(["-subj", "/CN=store", "-addext", "subjectAltName=IP:127.0.0.1"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.arg("-keyout").arg(lab.join("key")).arg("-out").arg(lab.join("certificate")).outcome().success();
}

/// A machine with a project.
struct Machine {
    site: Site,
    home: PathBuf,
    certificate: PathBuf,
}

impl Machine {
    /// One that has whatever tests have built before, and fills stores with it.
    fn old(project: &str, server: &Server) -> (Machine, String) {
        let site = Site::with_shared_store(project);
        let machine = Machine::of(site, server);
        let path = machine.site.beside("ci.key");
        let words = ["store", "keygen", "ci", "-o", path.to_str().expect("it is UTF-8")];
        let public = machine.command(&words).outcome().success().stdout.trim().to_owned();
        let more = format!("mode = \"read-write\"\nsigning-key = \"{}\"\n", path.display());
        machine.site.write(".cargo/config.toml", &(server.table(&public) + &more));
        (machine, public)
    }

    /// One that has nothing yet.
    fn new(project: &str, server: &Server, public: &str) -> Machine {
        let machine = Machine::of(Site::of(project), server);
        machine.site.write(".cargo/config.toml", &server.table(public));
        machine
    }

    fn of(site: Site, server: &Server) -> Machine {
        let home = site.beside("home");
        fs::create_dir_all(&home).expect("a directory can be made");
        Machine { site, home, certificate: server.lab.join("certificate") }
    }

    /// Sends what its project needs.
    #[track_caller]
    fn fills(&self, server: &Server) {
        self.run(&["build"]).success();
        // Its store may have had everything, and then nothing was built that could have been sent.
        self.run(&["store", "push"]).success();
        assert!(!server.entries().is_empty());
    }

    fn command(&self, words: &[&str]) -> Command {
        self.with(Kind::Command, words)
    }

    fn with(&self, kind: Kind, words: &[&str]) -> Command {
        let mut command = self.site.cargo(kind, words);
        // What Cargo has downloaded is no part of a store.
        let cargo_home = env::var_os("CARGO_HOME").map_or_else(
            || PathBuf::from(env::var_os("HOME").expect("the tests have a home")).join(".cargo"),
            PathBuf::from,
        );
        command.env("CARGO_HOME", cargo_home).env("HOME", &self.home).env("SSL_CERT_FILE", &self.certificate);
        command.env("WASM_PROC_MACRO_STORE_USER", USER).env("WASM_PROC_MACRO_STORE_PASSWORD", PASSWORD);
        command.env("AWS_ACCESS_KEY_ID", USER).env("AWS_SECRET_ACCESS_KEY", PASSWORD);
        for variable in ["AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION", "RUSTC", "RUSTDOC"] {
            command.env_remove(variable);
        }
        command
    }

    fn run(&self, words: &[&str]) -> Outcome {
        self.command(words).outcome()
    }
}

/// What a second machine does with what a first one has sent.
#[track_caller]
fn takes_all(outcome: &Outcome, macros: usize) {
    let built: Vec<String> = outcome.built_for_wasm();
    assert!(built.is_empty(), "{built:?} were built:\n{outcome}");
    let compiled = outcome.compiled();
    assert!(!compiled.iter().any(|package| package.starts_with("syn ")), "syn was compiled:\n{outcome}");
    let expected = format!("Downloaded {macros} module{} from `", if macros == 1 { "" } else { "s" });
    assert!(outcome.stderr.contains(&expected) && outcome.stderr.contains("signed by `ci`"), "{outcome}");
}

/// The program was built by modules of its own machine, and one line says why.
#[track_caller]
fn goes_on(outcome: Outcome, text: &str) {
    let outcome = outcome.success();
    assert_eq!(outcome.stdout, "hello from wasm: 42 [1, 4, 9, 16]\n", "{outcome}");
    let said: Vec<&str> = outcome.stderr.lines().filter(|line| line.starts_with("warning")).collect();
    assert!(said.len() == 1 && said[0].contains(text), "expected one line with `{text}`:\n{outcome}");
}

/// The second machine of a team compiles nothing for its macros.
#[test]
fn by_nginx_a_second_machine_builds_no_macro() {
    let server = Server::nginx();
    let (first, public) = Machine::old("packages/shared", &server);
    first.fills(&server);
    let second = Machine::new("packages/shared", &server, &public);
    // Plain `cargo` with the switch has no code for it in its own process.
    let configuration = second.site.read(".cargo/config.toml");
    second.site.write(".cargo/config.toml", &(ON.to_owned() + &configuration));
    for kind in [Kind::Command, Kind::Plain] {
        _ = fs::remove_dir_all(&second.site.store);
        _ = fs::remove_dir_all(&second.site.target);
        let outcome = second.with(kind, &["run"]).outcome().success();
        takes_all(&outcome, 1);
        assert_eq!(outcome.stdout, "bad 3\n");
    }
    // Who does not know the server's certificate asks nobody for anything.
    fs::remove_dir_all(&second.site.store).expect("there is a store");
    let mut stranger = second.command(&["store", "pull"]);
    let other = second.site.beside("other");
    fs::create_dir_all(&other).expect("a directory can be made");
    certificate_of_another(&other);
    let outcome = stranger.env("SSL_CERT_FILE", other.join("certificate")).outcome().ends_with(101);
    assert!(outcome.stderr.contains("TLS: invalid peer certificate"), "{outcome}");
}

fn certificate_of_another(to: &Path) {
    let lab = Lab::new();
    certificate(&lab);
    fs::copy(lab.join("certificate"), to.join("certificate")).expect("it can be copied");
}

/// A bucket does the same.
#[test]
fn by_s3_a_second_machine_builds_no_macro() {
    let server = Server::s3();
    let (first, public) = Machine::old("packages/shared", &server);
    first.fills(&server);
    let second = Machine::new("packages/shared", &server, &public);
    let outcome = second.run(&["run"]).success();
    takes_all(&outcome, 1);
    assert_eq!(outcome.stdout, "bad 3\n");
    // As after its time, a credential is worth nothing.
    let third = Machine::new("packages/small", &server, &public);
    let outcome = third.command(&["run"]).env("AWS_SECRET_ACCESS_KEY", "expired").outcome();
    goes_on(outcome, "is not used: it refuses the credentials (403 SignatureDoesNotMatch)");
}

/// A server ends, or is not what it was.
#[test]
fn with_a_bad_server_the_build_goes_on() {
    let mut server = Server::nginx();
    let (first, public) = Machine::old("packages/small", &server);
    first.fills(&server);
    let entries = server.entries();
    assert_eq!(entries.len(), 2, "{entries:?}");
    let contents: Vec<Vec<u8>> = entries.iter().map(|entry| fs::read(entry).expect("it was sent")).collect();
    let second = Machine::new("packages/small", &server, &public);
    let anew = || {
        _ = fs::remove_dir_all(&second.site.store);
        _ = fs::remove_dir_all(&second.site.target);
        second.run(&["run"])
    };
    fs::write(&entries[0], &contents[1]).expect("it can be written");
    goes_on(anew(), "from a different build");
    fs::write(&entries[0], &contents[0][..contents[0].len() / 2]).expect("it can be written");
    goes_on(anew(), "it ends after ");
    fs::write(&entries[0], "<html>").expect("it can be written");
    goes_on(anew(), "(it is not an entry of a store)");
    server.kill();
    goes_on(anew(), "is not used: no connection: ");
}

/// All jobs of a CI begin at once.
#[test]
fn sixteen_clients_take_and_send_at_once() {
    let server = Server::nginx();
    let (first, public) = Machine::old("packages/small", &server);
    first.run(&["build"]).success();
    let machines: Vec<Machine> = (0..15).map(|_| Machine::new("packages/small", &server, &public)).collect();
    let mut running: Vec<Child> = Vec::new();
    let mut start = |machine: &Machine, words: &[&str]| {
        let mut command = machine.command(words);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        running.push(command.spawn().expect("the command runs"));
    };
    for (index, machine) in machines.iter().enumerate() {
        start(machine, &["store", "pull"]);
        if index % 8 == 0 {
            start(&first, &["store", "push", "--replace"]);
        }
    }
    for mut child in running {
        assert!(child.wait().expect("it was started").success());
    }
    for machine in &machines {
        let outcome = machine.run(&["store", "pull"]).success();
        assert!(!outcome.stderr.contains("warning"), "{outcome}");
        assert_eq!(cargo_tests::store::packages(&machine.site.store).len(), 2, "{outcome}");
    }
}
