//! The command line of the test targets: libtest's, with any number of filters.

use libtest_mimic::{Arguments, Trial};

/// Options of libtest that are followed by a value.
const WITH_VALUE: [&str; 5] = ["--skip", "--test-threads", "--color", "--format", "--logfile"];

/// What was asked for on the command line.
#[derive(Debug)]
pub struct Asked {
    pub arguments: Arguments,
    filters: Vec<String>,
}

impl Asked {
    /// Reads the command line of the process.
    pub fn from_command_line() -> Asked {
        let (mut options, mut filters) = (Vec::new(), Vec::new());
        let mut words = std::env::args();
        options.extend(words.next());
        while let Some(word) = words.next() {
            let takes_value = WITH_VALUE.contains(&&*word);
            if word.starts_with('-') {
                options.push(word)
            } else {
                filters.push(word)
            }
            if takes_value {
                options.extend(words.next());
            }
        }
        Asked { arguments: Arguments::from_iter(options), filters }
    }

    /// Whether all tests are to run.
    pub fn everything(&self) -> bool {
        self.filters.is_empty() && self.arguments.skip.is_empty() && !self.arguments.list
    }

    /// Runs those tests of which a filter matches the name. Returns whether all passed.
    pub fn run(&self, mut trials: Vec<Trial>) -> bool {
        let exact = self.arguments.exact;
        let matches =
            |name: &str| self.filters.iter().any(|filter| if exact { name == filter } else { name.contains(filter) });
        trials.retain(|trial| self.filters.is_empty() || matches(trial.name()));
        !libtest_mimic::run(&self.arguments, trials).has_failed()
    }
}
