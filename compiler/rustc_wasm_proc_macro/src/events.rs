//! [`Events::measure`] for work that has a result.

use rustc_wasm_proc_macro_api::{Activity, Events};

/// Runs `work`, and has it measured.
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
