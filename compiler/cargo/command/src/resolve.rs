//! Deciding what becomes of each macro, from what is known before anything is built.

use std::collections::{BTreeMap, BTreeSet};

use crate::cargo::Cargo;
use crate::decision::{Decision, Module, Origin, Reason};
use crate::failure::{Failure, Result};
use crate::key::Key;
use crate::macros::Macros;
use crate::pins::Pins;
use crate::request::{self, Mode, Request, Wanted};
use crate::shell::Shell;
use crate::store::{BuildLock, NoteKind, Store, Stored};

/// What the user chose.
#[derive(Default)]
pub(crate) struct Choice {
    /// Macros that are to be native.
    pub(crate) native: BTreeSet<usize>,
    /// If it is there, all others are to be native.
    pub(crate) only: Option<BTreeSet<usize>>,
    pub(crate) forbid_native: bool,
    pub(crate) retry: bool,
    /// Whether pins and store are passed over, so that every module is built from its source.
    pub(crate) from_source: bool,
    /// Macros that are built although they are pinned.
    pub(crate) unpinned: BTreeSet<usize>,
}

/// The state of the decisions.
pub(crate) struct Resolver<'a> {
    pub(crate) shell: &'a Shell,
    pub(crate) cargo: &'a Cargo<'a>,
    pub(crate) macros: &'a Macros<'a>,
    pub(crate) store: &'a Store,
    pub(crate) pins: &'a Pins,
    pub(crate) choice: Choice,
    /// What the sandbox has refused in this run.
    pub(crate) refused: BTreeMap<usize, String>,
    /// By index of the macro; only of those that are needed.
    pub(crate) decisions: BTreeMap<usize, Decision>,
    pub(super) locks: BTreeMap<usize, BuildLock>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(
        cargo: &'a Cargo<'a>,
        macros: &'a Macros<'a>,
        store: &'a Store,
        pins: &'a Pins,
        choice: Choice,
    ) -> Resolver<'a> {
        let (refused, decisions, locks) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Resolver { shell: cargo.shell, cargo, macros, store, pins, choice, refused, decisions, locks }
    }

    /// Decides about the macros that the units `starts` lead to, and about those with which they are built if they are.
    ///
    /// What stands behind a module that is there already is not needed.
    pub(crate) fn need(&mut self, starts: &[usize]) -> Result<()> {
        let mut open: BTreeSet<usize> = self.macros.met(starts, |_| false);
        while let Some(index) = open.pop_first() {
            if self.decisions.contains_key(&index) {
                continue;
            }
            let mut decision = self.decide(index)?;
            if let Decision::Wasm(module) = decision {
                let is_own = self.macros.list[index].changeable.is_some() && module.origin != Origin::Pinned;
                decision = Decision::Wasm(if is_own { self.placed(index, module) } else { module });
            }
            if !matches!(decision, Decision::Wasm(_)) {
                open.extend(self.macros.below(index));
            }
            self.decisions.insert(index, decision);
        }
        Ok(())
    }

    /// Decides about one macro.
    pub(crate) fn decide(&self, index: usize) -> Result<Decision> {
        let it = &self.macros.list[index];
        if self.choice.native.contains(&index) {
            return Ok(Decision::Native(Reason::Asked));
        }
        if self.choice.only.as_ref().is_some_and(|only| !only.contains(&index)) {
            return Ok(Decision::Native(Reason::NotOnly));
        }
        if let Some(refused) = self.refused.get(&index) {
            return Ok(Decision::Native(Reason::Refused { refused: refused.clone(), known: false }));
        }
        if self.choice.from_source {
            return Ok(Decision::Build);
        }
        if !self.choice.unpinned.contains(&index)
            && let Some(pinned) = self.pins.module(it, self.macros)?
        {
            let (path, digest) = (pinned.path, pinned.sha256);
            if let Some(reason) = self.known_reason(&Key::of_module(&digest)) {
                return Ok(Decision::Native(reason));
            }
            return Ok(Decision::Wasm(Module { path, digest, origin: Origin::Pinned, _stored: None }));
        }
        if it.changeable.is_some() {
            let Some(kept) = self.kept(index) else { return Ok(Decision::Build) };
            let reason = self.known_reason(&Key::of_module(&kept.meta.sha256));
            return Ok(reason.map_or_else(|| Decision::Wasm(stored_module(kept, Origin::Cached)), Decision::Native));
        }
        if let Some(reason) = self.known_reason(&it.key) {
            return Ok(Decision::Native(reason));
        }
        Ok(self
            .store
            .lookup(&it.key)
            .map_or(Decision::Build, |stored| Decision::Wasm(stored_module(stored, Origin::Cached))))
    }

    /// The reason, known from a run before, for which the macro with that key runs natively.
    pub(super) fn known_reason(&self, key: &Key) -> Option<Reason> {
        if self.choice.retry {
            return None;
        }
        if let Some(note) = self.store.note(NoteKind::Refused, key) {
            return Some(Reason::Refused { refused: note.reason, known: true });
        }
        let note = self.store.note(NoteKind::Failure, key)?;
        Some(Reason::Failed { reason: note.reason, known: true })
    }

    /// The key under which it is remembered that the sandbox refused a macro something, if it runs from Wasm.
    pub(crate) fn refusal_key(&self, index: usize) -> Option<Key> {
        let it = &self.macros.list[index];
        match self.decisions.get(&index)? {
            // Its source may change, or is not known, so the module itself is what was refused.
            Decision::Wasm(module) if module.origin == Origin::Pinned || it.changeable.is_some() => {
                Some(Key::of_module(&module.digest))
            }
            Decision::Wasm(_) => Some(it.key.clone()),
            _ => None,
        }
    }

    /// The macros that are yet to be built.
    pub(crate) fn to_build(&self) -> Vec<usize> {
        let builds = self.decisions.iter().filter(|(_, decision)| matches!(decision, Decision::Build));
        builds.map(|(index, _)| *index).collect()
    }

    /// The macros that the next call builds. One whose source may change comes when the macros that it is built with are modules, as
    /// in every later run: Cargo would take its dependencies for other ones, and build it again.
    pub(crate) fn next_to_build(&self) -> Vec<usize> {
        let is_changeable = |index: &usize| self.macros.list[*index].changeable.is_some();
        let (mut changeable, constant): (Vec<usize>, Vec<usize>) = self.to_build().into_iter().partition(is_changeable);
        if !constant.is_empty() {
            return constant;
        }
        let waiting: BTreeSet<usize> = changeable.iter().copied().collect();
        changeable.retain(|index| self.macros.below(*index).is_disjoint(&waiting));
        changeable
    }

    /// Fails if a macro would have to be native that the user has not chosen, and does not want so.
    pub(crate) fn check_forbidden(&self) -> Result<()> {
        if !self.choice.forbid_native {
            return Ok(());
        }
        let mut names = Vec::new();
        let mut notes = Vec::new();
        for (index, decision) in &self.decisions {
            if let Decision::Native(reason) = decision
                && reason.is_fallback()
            {
                names.push(self.macros.list[*index].name);
                notes.push(format!("{}: {reason}", self.macros.list[*index].named()));
            }
        }
        let message = match names.as_slice() {
            [] => return Ok(()),
            [_] => "1 macro cannot run from Wasm, and `--forbid-native` forbids to run it natively".to_owned(),
            names => format!(
                "{} macros cannot run from Wasm, and `--forbid-native` forbids to run them natively",
                names.len()
            ),
        };
        let options: Vec<String> = names.iter().map(|name| format!("--native {name}")).collect();
        let failure = notes.into_iter().fold(Failure::new(message), Failure::note);
        Err(failure.help(format!("`{}` allows it; `-v` says more about what failed", options.join(" "))))
    }

    /// The macros that run from Wasm in what the user builds, and those that run natively. Macros behind a module do not run at all.
    pub(crate) fn used(&self) -> BTreeSet<usize> {
        let is_native = |index| matches!(self.decisions.get(&index), Some(Decision::Native(_)));
        self.macros.met(&self.macros.starts(), is_native)
    }

    /// What Cargo is told in this state.
    pub(crate) fn request(&self, mode: Mode) -> Request<'_> {
        let mut request = Request::new(mode);
        let next = if mode == Mode::Build { self.next_to_build() } else { Vec::new() };
        for (index, decision) in &self.decisions {
            let it = &self.macros.list[*index];
            match decision {
                Decision::Wasm(module) => {
                    // Of one in the target directory the file's time tells whether it is another one, and an edit of its source makes
                    // no other unit of it.
                    let is_in_place = it.changeable.is_some() && module.origin != Origin::Pinned;
                    request.modules.push(request::Module {
                        package: it.package,
                        features: it.features,
                        path: &module.path,
                        digest: if is_in_place { "" } else { &module.digest },
                    });
                }
                Decision::Build if next.contains(index) => {
                    request.build.push(Wanted { package: it.package, features: it.features });
                }
                Decision::Build => {}
                Decision::Native(_) => request.native.extend(it.src),
            }
        }
        request.native.sort();
        request.native.dedup();
        request
    }
}

/// A module of the store.
pub(super) fn stored_module(stored: Stored, origin: Origin) -> Module {
    Module { path: stored.path.clone(), digest: stored.meta.sha256.clone(), origin, _stored: Some(stored) }
}
