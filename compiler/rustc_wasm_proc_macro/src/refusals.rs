//! What one guest named in one expansion: what it did not get, and the environment variables that it asked for.

use std::collections::{BTreeMap, BTreeSet};

use rustc_wasm_proc_macro_api::policy::Wanted;

/// The most different refusals that are told, of one expansion.
const REFUSALS: usize = 256;

/// The most bytes that the names of all variables may have for which one expansion asks.
const NAMES: usize = 1 << 20;

/// What a guest named and did not get.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    seen: BTreeSet<Wanted>,
    /// Whether there were more than are told.
    more: bool,
}

impl Refusals {
    /// Notes a refusal. Returns what is to be told of it: itself at first, nothing where it is known, and what ends the list
    /// where the list is long.
    pub(crate) fn note(&mut self, wanted: Wanted) -> Option<Wanted> {
        if self.more || self.seen.contains(&wanted) {
            return None;
        }
        if self.seen.len() == REFUSALS {
            self.more = true;
            return Some(Wanted::Other(format!("more than {REFUSALS} different things in one expansion")));
        }
        self.seen.insert(wanted.clone());
        Some(wanted)
    }

    /// All that were told.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Wanted> {
        self.seen.iter()
    }

    pub(crate) fn clear(&mut self) {
        *self = Refusals::default();
    }
}

/// The environment variables that a guest asked for, and whether it may go on to look at each.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    names: BTreeMap<String, bool>,
    bytes: usize,
}

impl Asked {
    pub(crate) fn get(&self, name: &str) -> Option<bool> {
        self.names.get(name).copied()
    }

    /// Notes an answer. False if that would be too much.
    pub(crate) fn note(&mut self, name: &str, allowed: bool) -> bool {
        // A name costs more than its bytes, and none of them is free.
        self.bytes += name.len() + 64;
        if self.bytes > NAMES {
            return false;
        }
        self.names.insert(name.to_owned(), allowed);
        true
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// Those that the guest may not see.
    pub(crate) fn refused(&self) -> impl Iterator<Item = Wanted> {
        self.names.iter().filter(|(_, allowed)| !**allowed).map(|(name, _)| Wanted::Variable(name.clone()))
    }

    pub(crate) fn clear(&mut self) {
        *self = Asked::default();
    }
}

#[cfg(test)]
mod tests {
    use rustc_wasm_proc_macro_api::policy::Wanted;

    use super::{Asked, NAMES, REFUSALS, Refusals};

    #[test]
    fn a_flood_of_refusals_is_told_up_to_a_limit_and_then_once_more() {
        // Each may be told in full, so a guest could write without end.
        let mut refusals = Refusals::default();
        let program = |number: usize| Wanted::Program(number.to_string());
        let told: Vec<_> = (0..3 * REFUSALS).flat_map(|number| refusals.note(program(number / 2))).collect();
        assert_eq!(told.len(), REFUSALS + 1);
        assert_eq!(told.last().unwrap().to_string(), "more than 256 different things in one expansion");
        assert_eq!((refusals.note(program(0)), refusals.note(Wanted::Thread)), (None, None));
        refusals.clear();
        assert_eq!(refusals.note(program(0)), Some(program(0)));
    }

    #[test]
    fn names_of_variables_have_a_limit_too() {
        let mut asked = Asked::default();
        let many = (0..NAMES).take_while(|number| asked.note(&number.to_string(), true)).count();
        assert!((10_000..20_000).contains(&many), "{many}");
        assert_eq!((asked.get("7"), asked.get("none")), (Some(true), None));
        let mut asked = Asked::default();
        assert!(!asked.note(&"x".repeat(NAMES), true));
    }
}
