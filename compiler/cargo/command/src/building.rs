//! Building the modules that are not there: once, however many runs want them.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use stubgen::module::ModuleInfo;

use crate::decision::{Decision, Module, Origin, Reason};
use crate::failure::Result;
use crate::key::Key;
use crate::progress::Progress;
use crate::reasons::{failed_scripts, first_error};
use crate::request::{Event, Mode};
use crate::resolve::{Resolver, stored_module};
use crate::sources::Compiled;
use crate::store::{Meta, Note, NoteKind};

/// A package that could not be built.
struct Failing {
    /// `NAME vVERSION`.
    package: String,
    /// One line.
    reason: String,
    message: String,
}

/// Failures that say nothing about the source, so that they are not worth keeping.
const PASSING: &[&str] =
    &["No space left", "out of memory", "Out of memory", "signal: ", "Too many open files", "Permission denied"];

impl Resolver<'_> {
    /// Builds all macros that are to be built. Afterwards each runs from Wasm or natively.
    pub(crate) fn build_missing(&mut self, command: &OsStr, more: &[OsString]) -> Result<()> {
        self.check_forbidden()?;
        self.lock_missing();
        self.check_forbidden()?;
        while !self.to_build().is_empty() {
            self.build_once(command, more)?;
            self.check_forbidden()?;
        }
        Ok(())
    }

    /// Takes the locks of the modules that are to be built, in the order of their keys so that no two runs wait for each other. A module
    /// that another run has built in between is taken, and its lock goes at once.
    fn lock_missing(&mut self) {
        let mut missing = self.to_build();
        missing.retain(|index| self.macros.list[*index].changeable.is_none() && !self.choice.from_source);
        missing.sort_by_key(|index| &self.macros.list[*index].key);
        for index in missing {
            let it = &self.macros.list[index];
            let wait = || self.shell.waiting(format_args!("waiting for another run to build {}", it.named()));
            match self.store.lock(&it.key, wait) {
                Ok(lock) => {
                    // Without a wait as well: it can have been between the first look and this one.
                    if let Some(reason) = self.known_reason(&it.key) {
                        self.decisions.insert(index, Decision::Native(reason));
                    } else if let Some(stored) = self.store.lookup(&it.key) {
                        self.decisions.insert(index, Decision::Wasm(stored_module(stored, Origin::Cached)));
                    } else {
                        self.locks.insert(index, lock);
                    }
                }
                // Then another run may build it, too, which costs time and nothing else.
                Err(error) => self.shell.verbose(format_args!("no lock for {}: {error}", it.named())),
            }
        }
    }

    /// One call of Cargo for all that is to be built.
    ///
    /// A macro that is built with one that fails is left undecided, so that the next call tries it with the native one.
    fn build_once(&mut self, command: &OsStr, more: &[OsString]) -> Result<()> {
        let mut progress = Progress::new(self.shell);
        let mut wanted = self.next_to_build();
        let mut locks = std::mem::take(&mut self.locks);
        let mut arrived = BTreeMap::new();
        let mut failed: Vec<Failing> = Vec::new();
        let mut made = 0;
        let mut compiled = Vec::new();
        let start = SystemTime::now();
        let this = &*self;
        let built = this.cargo.build(command, &this.request(Mode::Build), more, |event| {
            match event {
                Event::Total { units } => progress.total(units),
                Event::Started { package, name, version } => progress.begins(&package, &name, &version),
                Event::Finished { package, features, fresh, module, dep_info } => {
                    progress.ends(&package);
                    if let Some(dep_info) = dep_info {
                        compiled.push(Compiled {
                            package: package.clone(),
                            features: features.clone(),
                            fresh,
                            dep_info,
                        });
                    }
                    let is_it = |index: &usize| {
                        module.is_some()
                            && this.macros.plan.units[this.macros.list[*index].units[0]].is(&package, &features)
                    };
                    if let (Some(position), Some(path)) = (wanted.iter().position(is_it), &module) {
                        let index = wanted.remove(position);
                        let path = path.clone();
                        made += usize::from(!fresh);
                        arrived.insert(index, this.arrive(index, path, fresh, &compiled, start));
                        // At once, so that runs that wait for it go on.
                        locks.remove(&index);
                    }
                }
                Event::Failed { package, message } => {
                    this.shell.verbose(&message);
                    let package = this.named(&package);
                    failed.push(Failing { package, reason: first_error(&message), message });
                }
            }
            Ok(())
        })?;
        progress.finish(made);
        if !built.success {
            self.shell.verbose(built.stderr.trim_end());
        }
        let scripts = failed_scripts(&built.stderr).into_iter();
        failed.extend(scripts.map(|it| Failing { package: it.package, reason: it.reason, message: it.message }));
        let mut undecided = Vec::new();
        let mut gave_up = false;
        for index in wanted {
            let Some(failing) = self.cause(index, &failed) else {
                undecided.push(index);
                continue;
            };
            gave_up = true;
            let mut reason = failing.reason.clone();
            if failing.package != self.macros.list[index].named().to_string() {
                reason = format!("{}: {reason}", failing.package);
            }
            arrived.insert(index, self.give_up(index, reason, &failing.message));
            locks.remove(&index);
        }
        if !gave_up {
            // Another call would end as this one.
            let reason =
                if built.success { "Cargo built no module of it".to_owned() } else { first_error(&built.stderr) };
            let failed = |index| (index, Decision::Native(Reason::Failed { reason: reason.clone(), known: false }));
            arrived.extend(undecided.into_iter().map(failed));
        }
        self.decisions.extend(arrived);
        self.locks = locks;
        self.locks.retain(|index, _| matches!(self.decisions.get(index), Some(Decision::Build)));
        Ok(())
    }

    /// A package by its id, as Cargo writes it for people.
    fn named(&self, package: &str) -> String {
        let unit = self.macros.plan.units.iter().find(|unit| unit.package == package);
        unit.map_or_else(|| package.to_owned(), |unit| unit.named().to_string())
    }

    /// The failed package for which a macro could not be built.
    fn cause<'f>(&self, index: usize, failed: &'f [Failing]) -> Option<&'f Failing> {
        let units = self.macros.units_of(index).into_iter();
        let packages: BTreeSet<String> = units.map(|unit| self.macros.plan.units[unit].named().to_string()).collect();
        // Its own errors say more to people than those of what it is built from, if it got that far.
        let own = self.macros.list[index].named().to_string();
        failed.iter().find(|it| it.package == own).or_else(|| failed.iter().find(|it| packages.contains(&it.package)))
    }

    /// Takes a module that Cargo has built.
    fn arrive(&self, index: usize, path: PathBuf, fresh: bool, compiled: &[Compiled], start: SystemTime) -> Decision {
        let it = &self.macros.list[index];
        let origin = if fresh { Origin::Cached } else { Origin::Built };
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => return self.give_up(index, format!("its module cannot be read: {error}"), PASSING[0]),
        };
        // What the compiler would refuse later must not fail the user's build.
        let info = match ModuleInfo::parse(&bytes) {
            Ok(info) => info,
            Err(error) => {
                let reason = format!("its module cannot be used: {error}");
                return self.give_up(index, reason.clone(), &reason);
            }
        };
        let digest = info.digest.to_string();
        if it.changeable.is_some() {
            if let Some(reason) = self.known_reason(&Key::of_module(&digest)) {
                return Decision::Native(reason);
            }
            NoteKind::ALL.iter().for_each(|kind| self.store.forget_note(*kind, &it.key));
        }
        let module = Module { path, digest, origin, _stored: None };
        if self.choice.from_source {
            if fresh {
                return self.give_up(index, "Cargo took what was built before".to_owned(), PASSING[0]);
            }
            return Decision::Wasm(module);
        }
        if it.changeable.is_some() {
            let _stored = self.keep(index, &bytes, &module.digest, compiled, start);
            return Decision::Wasm(self.placed(index, Module { _stored, ..module }));
        }
        match self.store.put(&it.key, &bytes, Meta::of(it)) {
            Ok(stored) => {
                self.store.forget_note(NoteKind::Failure, &it.key);
                Decision::Wasm(stored_module(stored, origin))
            }
            Err(error) => {
                self.shell.warn_once(format_args!(
                    "the module store cannot be written, so modules are built again next time: {error}"
                ));
                Decision::Wasm(module)
            }
        }
    }

    /// Lets a macro run natively because it cannot be built, and remembers that.
    fn give_up(&self, index: usize, mut reason: String, message: &str) -> Decision {
        let it = &self.macros.list[index];
        // What people know of such packages, and the reason behind most of their errors.
        let mut units = self.macros.units_of(index).into_iter().map(|unit| &self.macros.plan.units[unit]);
        if let Some((links, unit)) = units.find_map(|unit| Some((unit.links_natively()?, unit))) {
            let package = unit.named().to_string();
            let of_it = format!("{package}: ");
            reason = format!("links = {links:?} in {package}: {}", reason.strip_prefix(&of_it).unwrap_or(&reason));
        }
        let is_passing = PASSING.iter().any(|text| message.contains(text));
        // Where the source may change, only `--explain` goes by it.
        if !self.choice.from_source && !is_passing {
            let (name, version) = (it.name.to_owned(), it.version.to_owned());
            let note = Note { name, version, reason: reason.clone(), message: message.to_owned() };
            // If it cannot be kept, it is found out again.
            _ = self.store.write_note(NoteKind::Failure, &it.key, &note);
        }
        Decision::Native(Reason::Failed { reason, known: false })
    }
}
