//! The shared store: modules that several machines have in common, on a server that nobody has to trust.
//!
//! All of the network is the matter of another process, the *courier* ([`courier`]): this program with another first word. So Cargo's own
//! process has no code for it, no credential of a store is in it, and whatever hangs can be ended. `docs/shared-store.md` says what an entry is
//! and what is promised.
//!
//! **Invariant**: no build fails because of the shared store, and nothing comes from it into the local one that a trusted key did not sign.

#[cfg(feature = "command")]
pub(crate) mod courier;
#[cfg(feature = "command")]
mod credentials;
#[cfg(feature = "command")]
mod entry;
pub(crate) mod errand;
#[cfg(feature = "command")]
mod files;
mod hex;
#[cfg(feature = "command")]
pub(crate) mod keys;
#[cfg(feature = "command")]
mod remote;
pub(crate) mod settings;
pub(crate) mod transfers;
#[cfg(feature = "command")]
mod transport;

/// What this program's first word is where it is the courier.
pub(crate) const COURIER: &str = "--shared-store";
