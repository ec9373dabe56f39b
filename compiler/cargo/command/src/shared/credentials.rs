//! Credentials for a store's server: from the environment, or from a program that prints them.

use std::env;
use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::settings::SharedSettings;

const TOKEN: &str = "WASM_PROC_MACRO_STORE_TOKEN";
const USER: &str = "WASM_PROC_MACRO_STORE_USER";
const PASSWORD: &str = "WASM_PROC_MACRO_STORE_PASSWORD";

/// Tells the program which store they are for.
const URL: &str = "WASM_PROC_MACRO_STORE_URL";

/// How often a program is looked after that is waited for.
const LOOK: Duration = Duration::from_millis(20);

/// The most bytes that a program may print.
const MAX_PRINTED: u64 = 64 << 10;

/// What a server is shown. It has no `Debug`, so nobody prints it.
#[derive(Default, Deserialize)]
pub(super) struct Credentials {
    #[serde(alias = "Token")]
    token: Option<String>,
    #[serde(alias = "Username")]
    username: Option<String>,
    #[serde(alias = "Password")]
    password: Option<String>,
    #[serde(rename = "AccessKeyId")]
    access_key: Option<String>,
    #[serde(rename = "SecretAccessKey")]
    secret_key: Option<String>,
    #[serde(rename = "SessionToken")]
    session: Option<String>,
}

impl Credentials {
    /// Those of this machine; there may be none.
    pub(super) fn find(settings: &SharedSettings) -> Result<Credentials, String> {
        if let [program, args @ ..] = &settings.credential_process[..] {
            return printed(program, args, settings);
        }
        Ok(Credentials {
            token: variable(TOKEN),
            username: variable(USER),
            password: variable(PASSWORD),
            access_key: variable("AWS_ACCESS_KEY_ID"),
            secret_key: variable("AWS_SECRET_ACCESS_KEY"),
            session: variable("AWS_SESSION_TOKEN"),
        })
    }

    /// The header that HTTP has for them.
    pub(super) fn authorization(&self) -> Option<String> {
        if let Some(token) = &self.token {
            return Some(format!("Bearer {token}"));
        }
        let pair = format!("{}:{}", self.username.as_ref()?, self.password.as_deref().unwrap_or_default());
        Some(format!("Basic {}", STANDARD.encode(pair)))
    }

    /// What requests to an S3 server are signed with.
    pub(super) fn s3(&self) -> Option<rusty_s3::Credentials> {
        let (key, secret) = (self.access_key.clone()?, self.secret_key.clone()?);
        Some(match self.session.clone() {
            Some(session) => rusty_s3::Credentials::new_with_token(key, secret, session),
            None => rusty_s3::Credentials::new(key, secret),
        })
    }
}

/// What a variable says. An empty one says nothing.
pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// What the user's program prints. Nothing of it is in a message.
fn printed(program: &str, args: &[String], settings: &SharedSettings) -> Result<Credentials, String> {
    let failed = |what: &str| format!("the credential process `{program}` {what}");
    let mut command = Command::new(program);
    command.args(args).env(URL, settings.address().unwrap_or_default()).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(&format!("does not run: {error}")))?;
    let stdout = child.stdout.take();
    let reader = thread::spawn(move || {
        let mut text = Vec::new();
        stdout.map(|stdout| stdout.take(MAX_PRINTED).read_to_end(&mut text));
        text
    });
    let end = Instant::now() + settings.timeout();
    let is_well = ended(&mut child, end).ok_or_else(|| failed(&format!("takes more than {:?}", settings.timeout())))?;
    if !is_well {
        return Err(failed("failed"));
    }
    let text = reader.join().unwrap_or_default();
    serde_json::from_slice(&text).map_err(|_| failed("printed no JSON with credentials"))
}

/// Whether a process ended well. One that does not end in time is killed.
fn ended(child: &mut Child, end: Instant) -> Option<bool> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if Instant::now() < end => sleep(LOOK),
            _ => {
                _ = child.kill();
                _ = child.wait();
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(script: &str) -> Result<Credentials, String> {
        let credential_process = vec!["sh".to_owned(), "-c".to_owned(), script.to_owned()];
        let mut settings: SharedSettings = serde_json::from_str(r#"{"timeout":"2s"}"#).unwrap();
        settings.credential_process = credential_process;
        Credentials::find(&settings)
    }

    #[test]
    fn a_program_prints_what_there_is() {
        // What Amazon's tools print is understood, too: they have such programs.
        let token = of(r#"echo '{"token":"t"}'"#).unwrap_or_default();
        assert_eq!(token.authorization().unwrap(), "Bearer t");
        let pair = of(r#"echo '{"username":"u","password":"p"}'"#).unwrap_or_default();
        assert_eq!(pair.authorization().unwrap(), "Basic dTpw");
        let s3 = of(r#"echo '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b","SessionToken":"c"}'"#);
        assert_eq!(s3.unwrap_or_default().s3().unwrap().token(), Some("c"));
    }

    #[test]
    fn a_program_that_does_not_work_is_named_without_what_it_says() {
        // What it prints may be a secret all the same.
        for script in ["echo hunter2", "echo hunter2 && false", "echo hunter2 && exec sleep 60"] {
            let error = of(script).err().unwrap();
            assert!(error.contains("`sh`") && !error.contains("hunter2"), "{error}");
        }
    }
}
