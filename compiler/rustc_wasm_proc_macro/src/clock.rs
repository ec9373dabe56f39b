//! How long an expansion may take.
//!
//! A thread counts ticks while it lives, and with them Wasmtime's epochs, which the guests' code looks at by itself where it takes long; elsewhere
//! that thread interrupts it. Host functions look at the ticks. Time is counted in ticks rather than read from the system's clock, so a
//! process that was stopped for a while goes on where it was.

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use wasmtime::{Engine, Module};

use crate::deadline::{Deadline, Limited, TICK, advance};
use crate::fault::FaultKind;
use crate::interrupt::{Entered, Interrupter};

/// How long the thread that counts waits until it interrupts a guest again, which can be in a host function whenever it looks.
const AGAIN: Duration = Duration::from_millis(1);

/// Bytes of stack of the thread that counts. It compiles a tiny module before it interrupts anything.
const STACK: usize = 1 << 20;

/// An expansion's time, which runs as long as this lives.
#[derive(Debug)]
pub(crate) struct Running {
    limited: Limited,
    _entered: Entered,
}

impl Running {
    /// Begins an expansion by `module` on this thread that may take `limit`, and no longer than one around it.
    ///
    /// # Errors
    ///
    /// Why there is no thread that counts. Without it there would be no limit.
    pub(crate) fn begin(module: &Module, limit: Duration) -> Result<Running, FaultKind> {
        count(module.engine()).map_err(FaultKind::Start)?;
        let limited = Limited::from_now(limit);
        let _entered = Entered::new(module, limited.deadline.tick());
        Ok(Running { limited, _entered })
    }

    pub(crate) fn deadline(&self) -> Deadline {
        self.limited.deadline
    }
}

/// Has a thread count from now on.
fn count(engine: &Engine) -> Result<(), String> {
    static COUNTING: OnceLock<Result<(), String>> = OnceLock::new();
    let start = || {
        let engine = engine.clone();
        let count = move || {
            let mut interrupter = Interrupter::default();
            let mut waited = Duration::ZERO;
            let mut now = 0;
            loop {
                let is_late = interrupter.interrupt(now);
                let pause = if is_late { AGAIN } else { TICK - waited };
                thread::sleep(pause);
                waited += pause;
                if waited >= TICK {
                    waited = Duration::ZERO;
                    // The guest's code is to stop no sooner than host functions would say.
                    now = advance();
                    engine.increment_epoch();
                }
            }
        };
        let thread = thread::Builder::new().name("wasm-proc-macro-clock".to_owned()).stack_size(STACK).spawn(count);
        thread.map(drop).map_err(|error| format!("there is no thread to watch its time: {error}"))
    };
    COUNTING.get_or_init(start).clone()
}
