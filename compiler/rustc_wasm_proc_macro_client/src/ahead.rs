//! Work that is done on another thread before it is known to be needed, while the compiler goes on.
//!
//! Whoever needs a result and does not find it does the work itself, so nothing depends on it but time.

use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use std::thread;

type Work = Box<dyn FnOnce() + Send>;

/// Has `work` done on the process's thread for that, in the order of the calls. Nobody waits for it,
/// not even the end of the process.
///
/// It must not hold anything of a session, which may be over by then.
pub(super) fn ahead(work: impl FnOnce() + Send + 'static) {
    // There a thread that waits for work would have to end before anybody else goes on.
    if cfg!(target_family = "wasm") {
        return;
    }
    static WORKER: OnceLock<Option<Sender<Work>>> = OnceLock::new();
    let worker = WORKER.get_or_init(|| {
        let (sender, receiver) = channel::<Work>();
        let run = move || receiver.into_iter().for_each(|work| work());
        // Where no thread can be had, nothing is done ahead.
        thread::Builder::new().name("wasm-proc-macro".to_owned()).spawn(run).ok()?;
        Some(sender)
    });
    if let Some(worker) = worker {
        _ = worker.send(Box::new(work));
    }
}
