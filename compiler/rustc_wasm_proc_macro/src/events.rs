//! What the compiler may want to know about the work done here: how long it took, and what went wrong without harm.

/// One kind of work, for the compiler's profiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Activity {
    /// Looking into the cache and mapping compiled code.
    Load,
    /// Compiling a module with Cranelift, and publishing the result in the cache.
    Compile,
    /// Making an instance of a module.
    Instantiate,
    /// Running a macro, with all the requests it makes.
    Expand,
}

impl Activity {
    /// The activity's name in a profile.
    pub fn name(self) -> &'static str {
        match self {
            Activity::Load => "wasm_proc_macro_load",
            Activity::Compile => "wasm_proc_macro_compile",
            Activity::Instantiate => "wasm_proc_macro_instantiate",
            Activity::Expand => "wasm_proc_macro_expand",
        }
    }
}

/// Hears of activities and of warnings. `()` ignores both.
pub trait Events {
    /// Runs `work`, which is `activity`, exactly once. An implementation may measure it.
    fn measure(&self, activity: Activity, work: &mut dyn FnMut()) {
        let _ = activity;
        work();
    }

    /// Something went wrong and was worked around, for instance a cache that could not be written.
    fn warn(&self, message: &str) {
        let _ = message;
    }
}

impl Events for () {}

/// [`Events::measure`] for work that has a result.
pub(crate) fn measured<T>(events: &dyn Events, activity: Activity, work: impl FnOnce() -> T) -> T {
    let mut work = Some(work);
    let mut result = None;
    events.measure(activity, &mut || {
        if let Some(work) = work.take() {
            result = Some(work());
        }
    });
    match (result, work) {
        (Some(result), _) => result,
        // An implementation that forgot to run the work is only slower to profile, not wrong.
        (None, Some(work)) => work(),
        (None, None) => unreachable!("the work was taken and left no result"),
    }
}
