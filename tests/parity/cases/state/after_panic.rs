//! State outlives a panic, and a lock that was held is poisoned.
//@ errors:

const BEFORE: usize = state::number!(before);
state::poisons!();
state::poisoned!();
const AFTER: usize = state::number!(after);
state::poisoned!();

fn main() { let _ = BEFORE + AFTER; let _: u8 = state::report!(); }
