//! A process that nobody waits for: in a session of its own, and behind all others.

use std::io;
use std::process::exit;

/// The lowest of the usual priorities.
const NICE: libc::c_int = 19;

/// Goes on in a child that belongs to no terminal and to no other process. This process ends.
///
/// # Errors
///
/// What the system says.
pub(super) fn detach() -> io::Result<()> {
    // SAFETY: no other thread runs yet, since this is the first thing that the program does. So the child has all that there is.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: it takes nothing.
        0 if unsafe { libc::setsid() } == -1 => Err(io::Error::last_os_error()),
        0 => Ok(()),
        _ => exit(0),
    }
}

/// Takes the processor, and on Linux the disk, when nobody else wants them. What cannot be had is done without.
pub(super) fn step_back() {
    // SAFETY: it takes a number. Zero means this process.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICE) };
    #[cfg(target_os = "linux")]
    {
        // The kernel shares the processor among sessions first, each of which has a priority of its own.
        _ = std::fs::write("/proc/self/autogroup", NICE.to_string());
        // Such a process is idle for the disk as well.
        let none = libc::sched_param { sched_priority: 0 };
        // SAFETY: `none` is there as long as the call lasts. Zero means this process.
        unsafe { libc::sched_setscheduler(0, libc::SCHED_IDLE, &none) };
    }
}

/// Ends this process and everything that it has started.
pub(super) fn end_all() -> ! {
    // SAFETY: it takes numbers. Zero means the group that this process leads since `detach`, so nobody else is in it.
    unsafe { libc::kill(0, libc::SIGKILL) };
    exit(1)
}
