//! Reading why something could not be built out of what compilers and Cargo write for people.

/// What Cargo writes about a build script that failed, at the beginning of a line: what the script has written stands indented below it.
/// There is no JSON message for it.
const SCRIPT_FAILED: &str = "error: failed to run custom build command for `";

/// A build script that failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ScriptFailure {
    /// `NAME vVERSION`.
    pub(crate) package: String,
    /// One line.
    pub(crate) reason: String,
    /// What Cargo has written about it.
    pub(crate) message: String,
}

/// The first line of a message that says what went wrong.
pub(crate) fn first_error(message: &str) -> String {
    let plain = anstream::adapter::strip_str(message).to_string();
    let mut lines = plain.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .clone()
        .find(|line| line.starts_with("error"))
        .or_else(|| lines.next())
        .unwrap_or("it could not be built")
        .to_owned()
}

/// The build scripts that failed according to what Cargo wrote to standard error.
pub(crate) fn failed_scripts(stderr: &str) -> Vec<ScriptFailure> {
    let starts = stderr.match_indices(SCRIPT_FAILED).map(|(start, _)| start);
    let starts: Vec<usize> = starts.filter(|start| *start == 0 || stderr[..*start].ends_with('\n')).collect();
    let ends = starts.iter().skip(1).copied().chain([stderr.len()]);
    let read = |(start, end): (&usize, usize)| {
        let message = &stderr[*start..end];
        let package = message[SCRIPT_FAILED.len()..].split('`').next().unwrap_or_default();
        // A path package is followed by its path.
        let package = package.split(" (").next().unwrap_or_default().to_owned();
        ScriptFailure {
            package,
            reason: format!("its build script failed: {}", last_words(message)),
            message: message.to_owned(),
        }
    };
    starts.iter().zip(ends).map(read).collect()
}

/// What a build script wrote that is most likely the reason: the message of its panic, else the first line of its errors.
fn last_words(message: &str) -> String {
    let errors = message.split_once("--- stderr").map_or("", |(_, errors)| errors);
    let lines: Vec<&str> = errors.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let panic = lines.iter().position(|line| line.contains("panicked at"));
    let line = panic.and_then(|index| lines.get(index + 1)).or(lines.first());
    line.map_or_else(|| "it says nothing".to_owned(), |line| (*line).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_is_found_behind_warnings_and_colours() {
        // The summary has room for one line, and a warning would mislead.
        let message = "warning: unused\n --> x\n\u{1b}[1m\u{1b}[91merror[E0433]\u{1b}[0m: no `ring`\n  --> y";
        assert_eq!(first_error(message), "error[E0433]: no `ring`");
        assert_eq!(first_error("\n  something else\n"), "something else");
        assert_eq!(first_error(""), "it could not be built");
    }

    #[test]
    fn failed_build_scripts_are_found_in_what_cargo_says() {
        // Without that nobody would know which of many macros one build script has stopped.
        let stderr = "warning: x\nerror: failed to run custom build command for `a-sys v1.2.0`\n\nCaused by:\n  process didn't exit successfully: \
            `/t/build-script-build` (exit status: 101)\n  --- stdout\n  cargo:x\n\n  --- stderr\n  CC = None\n\n  thread 'main' panicked at build.rs:3:5:\n  \
            no C compiler\n  error: failed to run custom build command for `serde v1.0.0`\nerror: failed to run custom build command for `b v0.1.0 (/x/b)`\n";
        let failed = failed_scripts(stderr);
        assert_eq!(failed[0].package, "a-sys v1.2.0");
        assert_eq!(failed[0].reason, "its build script failed: no C compiler");
        assert_eq!(failed[1].package, "b v0.1.0");
        assert_eq!(failed[1].reason, "its build script failed: it says nothing");
        assert_eq!(failed.len(), 2, "a script can write what it likes, but not in Cargo's place");
    }
}
