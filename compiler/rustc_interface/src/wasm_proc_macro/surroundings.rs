//! The session as macros see it: environment variables, and what dep-info says of all that they have looked at.

use std::path::Path;
use std::sync::Once;

use rustc_middle::ty::tls;
use rustc_session::Session;
use rustc_session::config::Sysroot;
use rustc_span::Symbol;
use rustc_wasm_proc_macro_api::policy::Wanted;
use rustc_wasm_proc_macro_api::{Activity, Events};
use rustc_wasm_proc_macro_client::{Surroundings, Told};
use stubgen::cache::Cache;

use super::{Context, profiler};

/// How many variables of one session may be asked for: each is kept to its end.
const MOST_VARIABLES: usize = 1 << 16;

fn with_session(f: impl FnOnce(&Session)) {
    tls::with_opt(|tcx| tcx.map(|tcx| f(tcx.sess)));
}

impl Surroundings for Context {
    fn sysroot(&self) -> &Sysroot {
        &self.sysroot
    }

    fn cache(&self) -> &Cache {
        Context::cache(self)
    }

    fn depends_on(&self, path: &Path) {
        with_session(|sess| {
            let path = Symbol::intern(&path.to_string_lossy());
            sess.file_depinfo.borrow_mut().insert(path);
        });
    }

    fn depends_on_variable(&self, name: &str, value: Option<&str>) -> Result<(), Wanted> {
        let mut has_place = true;
        with_session(|sess| {
            let mut variables = sess.env_depinfo.borrow_mut();
            has_place = variables.len() < MOST_VARIABLES;
            if has_place {
                variables.insert((Symbol::intern(name), value.map(Symbol::intern)));
            }
        });
        if has_place {
            return Ok(());
        }
        Err(Wanted::Other(format!("more than {MOST_VARIABLES} environment variables")))
    }

    /// That of `--env-set`.
    fn logical_variable(&self, name: &str) -> Option<String> {
        let mut value = None;
        with_session(|sess| value = sess.opts.logical_env.get(name).cloned());
        value
    }

    fn waits(&self, wait: &mut dyn FnMut()) {
        let profiler = profiler();
        let _timer = profiler.generic_activity("wasm_proc_macro_wait");
        wait();
    }

    fn told(&self) -> Option<&Told> {
        Some(&self.told)
    }
}

impl Events for Context {
    fn measure(&self, activity: Activity, work: &mut dyn FnMut()) {
        let profiler = profiler();
        // `-Ztime-passes` prints a line for every verbose activity, so those that happen once a
        // module are.
        let (_verbose, _timer) = match activity {
            Activity::Load | Activity::Compile => {
                (Some(profiler.verbose_generic_activity(activity.name())), None)
            }
            Activity::Instantiate | Activity::Expand => {
                (None, Some(profiler.generic_activity(activity.name())))
            }
        };
        work();
    }

    fn warn(&self, message: &str) {
        self.warn_about_cache(message);
    }
}

impl Context {
    /// Says once that the cache does not work, which costs time and nothing else.
    pub(super) fn warn_about_cache(&self, message: &str) {
        static WARNED: Once = Once::new();
        WARNED.call_once(|| {
            tls::with_opt(|tcx| {
                if let Some(tcx) = tcx {
                    tcx.dcx().warn(format!("the cache of procedural macros: {message}"));
                }
            })
        });
    }
}

/// `name` as a word of a makefile, which dep-info is: on one line, whatever a macro has put into it. A name with a control
/// character in it becomes that of a file that is not there, so whoever reads it compiles again.
pub(crate) fn makefile_word(name: &str) -> String {
    let mut word = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            ' ' => word.push_str("\\ "),
            c if c.is_control() => word.extend(c.escape_default()),
            c => word.push(c),
        }
    }
    word
}
