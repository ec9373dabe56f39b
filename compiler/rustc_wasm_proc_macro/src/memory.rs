//! How much memory guests have, all of the process together and those of one module.
//!
//! Counted is what a guest can make grow: its memory, its tables, the heap of its exceptions, and what the host keeps for it. Nested
//! expansions have an instance each, and instances stay for the next expansion, so a limit for one guest would limit nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rustc_wasm_proc_macro_api::policy::{DEFAULT_MEMORY, Grants};

use crate::fault::{FaultKind, Stop};

/// What the host keeps for a guest is counted from this size on, in bytes. Below it, counting would cost more than it is worth.
const SMALL: usize = 64 << 10;

/// What the guests of the process have, in bytes.
static ALL: AtomicU64 = AtomicU64::new(0);

/// What the guests of one module have.
#[derive(Debug)]
pub(crate) struct Account {
    used: AtomicU64,
    /// What they may have together, in bytes.
    limit: u64,
    /// What the guests of the process may have together, in bytes.
    limit_of_all: u64,
    all: &'static AtomicU64,
}

impl Account {
    pub(crate) fn new(grants: &Grants) -> Arc<Account> {
        Account::with_limits(grants.memory(), grants.memory_of_all().max(DEFAULT_MEMORY), &ALL)
    }

    fn with_limits(limit: u64, limit_of_all: u64, all: &'static AtomicU64) -> Arc<Account> {
        Arc::new(Account { used: AtomicU64::new(0), limit, limit_of_all, all })
    }

    fn add(&self, bytes: u64) -> Result<(), Stop> {
        let add = |used: &AtomicU64, limit: u64| {
            let add = |used: u64| used.checked_add(bytes).filter(|&sum| sum <= limit);
            used.fetch_update(Relaxed, Relaxed, add).is_ok()
        };
        if !add(&self.used, self.limit) {
            return Err(Stop(FaultKind::MemoryLimit { limit: self.limit, of_all: false }));
        }
        if !add(self.all, self.limit_of_all) {
            self.used.fetch_sub(bytes, Relaxed);
            return Err(Stop(FaultKind::MemoryLimit { limit: self.limit_of_all, of_all: true }));
        }
        Ok(())
    }

    fn give_back(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Relaxed);
        self.all.fetch_sub(bytes, Relaxed);
    }
}

/// Something that the host keeps for a guest.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kept {
    /// What `take` hands out next.
    Pending,
    /// The beginnings of lines.
    Lines,
    /// What a guest of watt has numbers for.
    Tables,
    /// The output of an expansion, while it is handed on.
    Output,
}

/// What one guest has. It is given back with the guest.
#[derive(Debug)]
pub(crate) struct Share {
    account: Arc<Account>,
    /// In bytes, all together.
    bytes: u64,
    kept: [u64; 4],
    /// The bytes by which a memory or a table was to grow last.
    last: u64,
}

impl Share {
    pub(crate) fn new(account: Arc<Account>) -> Share {
        Share { account, bytes: 0, kept: [0; 4], last: 0 }
    }

    /// A memory or a table is to have `bytes` more.
    ///
    /// # Errors
    ///
    /// There is no more.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Stop> {
        let bytes = bytes as u64;
        self.account.add(bytes)?;
        self.bytes += bytes;
        self.last = bytes;
        Ok(())
    }

    /// What [`Share::grow`] was called for last has failed.
    pub(crate) fn grow_failed(&mut self) {
        let bytes = std::mem::take(&mut self.last);
        self.bytes -= bytes;
        self.account.give_back(bytes);
    }

    /// The host keeps `bytes` of this sort from now on, whatever it has kept before.
    ///
    /// # Errors
    ///
    /// There is no more. Then the host must not keep it.
    pub(crate) fn keep(&mut self, kept: Kept, bytes: usize) -> Result<(), Stop> {
        let now = if bytes < SMALL { 0 } else { bytes as u64 };
        let before = self.kept[kept as usize];
        if now > before {
            self.account.add(now - before)?;
        } else if now < before {
            self.account.give_back(before - now);
        }
        self.bytes = self.bytes - before + now;
        self.kept[kept as usize] = now;
        Ok(())
    }

    /// The host keeps nothing of this sort any more.
    pub(crate) fn release(&mut self, kept: Kept) {
        // To have less is always possible.
        _ = self.keep(kept, 0);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.account.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::{Account, Kept, SMALL, Share};
    use crate::fault::{FaultKind, Stop};

    fn limit(result: Result<(), Stop>) -> Option<(u64, bool)> {
        match result {
            Ok(()) => None,
            Err(Stop(FaultKind::MemoryLimit { limit, of_all })) => Some((limit, of_all)),
            Err(stop) => panic!("{stop}"),
        }
    }

    #[test]
    fn the_guests_of_a_module_and_those_of_the_process_have_a_limit_together() {
        static ALL: AtomicU64 = AtomicU64::new(0);
        let one = Account::with_limits(1000, 1500, &ALL);
        let other = Account::with_limits(1000, 1500, &ALL);
        let mut guests = [&one, &one, &other].map(|account| Share::new(Arc::clone(account)));
        assert_eq!(limit(guests[0].grow(600)), None);
        assert_eq!(limit(guests[1].grow(401)), Some((1000, false)));
        assert_eq!(limit(guests[1].grow(400)), None);
        assert_eq!(limit(guests[2].grow(501)), Some((1500, true)));
        assert_eq!(limit(guests[2].grow(500)), None);
        assert_eq!(ALL.load(Relaxed), 1500);
        // What failed was not counted, and what is over is given back.
        let [first, second, third] = guests;
        drop(first);
        assert_eq!(ALL.load(Relaxed), 900);
        let mut again = Share::new(Arc::clone(&one));
        assert_eq!(limit(again.grow(600)), None);
        drop((second, third, again));
        assert_eq!((ALL.load(Relaxed), one.used.load(Relaxed), other.used.load(Relaxed)), (0, 0, 0));
    }

    #[test]
    fn growth_that_failed_is_given_back() {
        static ALL: AtomicU64 = AtomicU64::new(0);
        let mut guest = Share::new(Account::with_limits(1000, 1000, &ALL));
        guest.grow(100).unwrap();
        guest.grow(200).unwrap();
        guest.grow_failed();
        guest.grow_failed();
        assert_eq!(ALL.load(Relaxed), 100);
    }

    #[test]
    fn what_the_host_keeps_is_counted_once_it_is_large() {
        static ALL: AtomicU64 = AtomicU64::new(0);
        let mut guest = Share::new(Account::with_limits(10 * SMALL as u64, u64::MAX, &ALL));
        guest.keep(Kept::Pending, SMALL - 1).unwrap();
        assert_eq!(ALL.load(Relaxed), 0);
        guest.keep(Kept::Pending, 4 * SMALL).unwrap();
        guest.keep(Kept::Tables, 6 * SMALL).unwrap();
        assert!(guest.keep(Kept::Pending, 4 * SMALL + 1).is_err());
        guest.keep(Kept::Pending, SMALL).unwrap();
        assert_eq!(ALL.load(Relaxed), 7 * SMALL as u64);
        guest.release(Kept::Pending);
        assert_eq!(ALL.load(Relaxed), 6 * SMALL as u64);
        drop(guest);
        assert_eq!(ALL.load(Relaxed), 0);
    }
}
