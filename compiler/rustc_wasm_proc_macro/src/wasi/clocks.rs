//! The functions of preview 1 that tell the time and wait.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use wasmtime::Caller;

use super::{Answer, answer, answer_or_stop, offset};
use crate::errno::Errno;
use crate::guest::Guest;

/// The most events that a guest may wait for at once.
const SUBSCRIPTION_LIMIT: u32 = 1024;

/// Nanoseconds on one of preview 1's clocks. Both CPU clocks are answered by the monotonic one.
fn clock(id: u32) -> Result<u64, Errno> {
    static START: OnceLock<Instant> = OnceLock::new();
    let time = match id {
        0 => SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_err(|_| Errno::INVAL)?,
        1..=3 => START.get_or_init(Instant::now).elapsed(),
        _ => return Err(Errno::INVAL),
    };
    Ok(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

pub(crate) fn clock_res_get(mut caller: Caller<'_, Guest>, id: u32, resolution: u32) -> Answer {
    answer(&mut caller, |memory, _| {
        clock(id)?;
        memory.write_u64(resolution, 1)
    })
}

pub(crate) fn clock_time_get(mut caller: Caller<'_, Guest>, id: u32, _precision: u64, time: u32) -> Answer {
    answer(&mut caller, |memory, _| {
        let now = clock(id)?;
        memory.write_u64(time, now)
    })
}

/// One entry of `poll_oneoff`'s input.
struct Subscription {
    userdata: [u8; 8],
    kind: u8,
    /// For a clock: how long to wait.
    wait: Duration,
    errno: u16,
}

impl Subscription {
    fn parse(bytes: [u8; 48]) -> Subscription {
        let number = |at: usize, len: usize| (0..len).rev().fold(0, |n, i| n << 8 | u64::from(bytes[at + i]));
        let userdata = number(0, 8).to_le_bytes();
        let kind = bytes[8];
        let mut errno = 0;
        let mut wait = Duration::ZERO;
        if kind == 0 {
            let timeout = number(24, 8);
            let absolute = number(40, 2) & 1 == 1;
            match clock(number(16, 4) as u32) {
                Ok(now) => wait = Duration::from_nanos(if absolute { timeout.saturating_sub(now) } else { timeout }),
                Err(Errno(code)) => errno = code,
            }
        } else if number(16, 4) > 2 {
            errno = Errno::BADF.0;
        }
        Subscription { userdata, kind, wait, errno }
    }
}

/// Waits for the earliest of some clocks. A stream is always ready, as it is for a program with files in their place.
pub(crate) fn poll_oneoff(
    mut caller: Caller<'_, Guest>,
    subscriptions: u32,
    events: u32,
    count: u32,
    ready: u32,
) -> Answer {
    answer_or_stop(&mut caller, |memory, guest| {
        if count == 0 || count > SUBSCRIPTION_LIMIT {
            return Err(Errno::INVAL.into());
        }
        let subscriptions = (0..count)
            .map(|number| Ok(Subscription::parse(memory.read(offset(subscriptions, number, 48)?)?)))
            .collect::<Result<Vec<_>, Errno>>()?;
        memory.range(events, offset(0, count, 32)?)?;
        memory.range(ready, 4)?;
        let wait = subscriptions.iter().map(|subscription| subscription.wait).min().unwrap_or_default();
        guest.sleep(wait)?;
        let mut happened = 0;
        for subscription in subscriptions.iter().filter(|subscription| subscription.wait <= wait) {
            let mut event = [0; 32];
            event[..8].copy_from_slice(&subscription.userdata);
            event[8..10].copy_from_slice(&subscription.errno.to_le_bytes());
            event[10] = subscription.kind;
            memory.write(offset(events, happened, 32)?, &event)?;
            happened += 1;
        }
        Ok(memory.write_u32(ready, happened)?)
    })
}
