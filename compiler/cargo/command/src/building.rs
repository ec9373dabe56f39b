//! Building the modules that are not there: once, however many runs want them.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use stubgen::module::ModuleInfo;

use crate::decision::{Decision, Module, Origin, Trouble};
use crate::failure::Result;
use crate::failures::failure_key;
use crate::on_refusal::OnRefusal;
use crate::progress::Progress;
use crate::reasons::{failed_scripts, first_error};
use crate::refusals;
use crate::request::{Event, Finished, Mode};
use crate::resolve::{Resolver, cached_module, stored_module};
use crate::sources::{Script, Traces};
use crate::store::{BuildLock, Note};

/// A package that could not be built.
struct Failing {
    /// Its id.
    package: String,
    /// One line.
    reason: String,
    message: String,
}

/// What a call of Cargo builds.
struct Arrivals {
    /// The macros that have not come.
    wanted: Vec<usize>,
    locks: BTreeMap<usize, BuildLock>,
    arrived: BTreeMap<usize, Decision>,
    /// How many modules were compiled.
    made: usize,
    traces: Traces,
    /// When the call began.
    start: SystemTime,
}

impl Arrivals {
    fn new(wanted: Vec<usize>, locks: BTreeMap<usize, BuildLock>, start: SystemTime) -> Arrivals {
        Arrivals { wanted, locks, arrived: BTreeMap::new(), made: 0, traces: Traces::default(), start }
    }

    /// Takes what Cargo says.
    fn take(&mut self, resolver: &Resolver<'_>, event: Event) {
        match event {
            Event::Finished(finished) => {
                let is_it = |index: &usize| {
                    let unit = &resolver.macros.plan.units[resolver.macros.list[*index].units[0]];
                    unit.is(&finished.package, &finished.features)
                };
                let module = finished.module.clone();
                let (position, fresh) = (self.wanted.iter().position(is_it), finished.fresh);
                self.traces.crates.push(finished);
                if let (Some(position), Some(path)) = (position, module) {
                    let index = self.wanted.remove(position);
                    self.made += usize::from(!fresh);
                    self.arrived.insert(index, resolver.arrive(index, path, fresh, &self.traces, self.start));
                    // At once, so that runs that wait for it go on.
                    self.locks.remove(&index);
                }
            }
            Event::Ran { package, out_dir, variables } => {
                self.traces.scripts.push(Script { package, out_dir, variables });
            }
            Event::Total { .. } | Event::Started { .. } | Event::Failed { .. } => {}
        }
    }
}

/// Failures that say nothing about the source, or that another environment does not have, so that they are not worth keeping.
const PASSING: &[&str] = &[
    "No space left",
    "out of memory",
    "Out of memory",
    "signal: ",
    "Too many open files",
    "Permission denied",
    "not defined at compile time",
    "couldn't read `",
];

impl Resolver<'_> {
    /// Builds all macros that are to be built. Afterwards each runs from Wasm or natively, or is stuck, or is built with one that is stuck,
    /// or something was refused on the way.
    pub(crate) fn build_missing(&mut self, command: &OsStr, more: &[OsString]) -> Result<()> {
        self.check_forbidden()?;
        self.lock_missing();
        self.take_shared();
        self.check_forbidden()?;
        while !self.next_to_build().is_empty() && self.refusals.is_empty() {
            self.build_once(command, more)?;
            if self.choice.on_refusal == OnRefusal::Native {
                self.make_refused_native()?;
            }
            self.check_forbidden()?;
        }
        self.send_shared();
        Ok(())
    }

    /// Takes the locks of the modules that are to be built, in the order of their keys so that no two runs wait for each other. A module
    /// that another run has built in between is taken, and its lock goes at once.
    fn lock_missing(&mut self) {
        let mut missing = self.to_build();
        let is_free = |index: &usize| self.macros.list[*index].changeable.is_none() && !self.locks.contains_key(index);
        missing.retain(|index| is_free(index) && !self.choice.from_source);
        missing.sort_by_key(|index| &self.macros.list[*index].key);
        for index in missing {
            let it = &self.macros.list[index];
            let wait = || self.shell.waiting(format_args!("waiting for another run to build {}", it.named()));
            match self.store.lock(&it.key, wait) {
                Ok(lock) => {
                    // Without a wait as well: it can have been between the first look and this one.
                    if let Some(trouble) = self.known_failure(&it.key) {
                        self.decisions.insert(index, self.stuck(trouble));
                    } else if let Some(stored) = self.kept(index) {
                        self.decisions.insert(index, Decision::Wasm(cached_module(stored)));
                    } else {
                        self.locks.insert(index, lock);
                    }
                }
                // Then another run may build it, too, which costs time and nothing else.
                Err(error) => self.shell.verbose(format_args!("no lock for {}: {error}", it.named())),
            }
        }
    }

    /// Has Cargo do what the user wants, and build what is missing beside it, and returns the exit code. Nothing if that cannot be, or has not
    /// built everything, so that it is for [`build_missing`](Resolver::build_missing) to find out why.
    ///
    /// Only macros are built so that have no stamp, since Cargo does not see that they are made anew; and of those whose source may change
    /// only such as are built with modules, as in [`next_to_build`](Resolver::next_to_build).
    pub(crate) fn build_along(&mut self) -> Result<Option<i32>> {
        let Some(here) = self.cargo.here.filter(|here| here.can_build_along()) else { return Ok(None) };
        let is_simple = |decision: &Decision| matches!(decision, Decision::Wasm(_) | Decision::Build);
        let missing: BTreeSet<usize> = self.to_build().into_iter().collect();
        let is_first = |index: &usize| {
            let units = self.macros.units_of(*index);
            let links = units.into_iter().any(|unit| self.macros.plan.units[unit].links_natively().is_some());
            let is_lasting = self.macros.list[*index].changeable.is_none();
            !links
                && !self.stamp_path(*index).exists()
                && (is_lasting || self.macros.below(*index).is_disjoint(&missing))
        };
        if !self.decisions.values().all(is_simple) || !missing.iter().all(is_first) {
            return Ok(None);
        }
        self.lock_missing();
        self.take_shared();
        if self.to_build().is_empty() || !self.decisions.values().all(is_simple) {
            return Ok(None);
        }
        let start = SystemTime::now();
        let code = self.cargo.use_modules(&self.request_along(), self.macros.plan)?;
        let mut arrivals = Arrivals::new(self.to_build(), std::mem::take(&mut self.locks), start);
        for message in here.built_along(code == 0) {
            if let Ok(Some(event)) = Event::parse(message.as_bytes()) {
                arrivals.take(self, event);
            }
        }
        self.locks = arrivals.locks;
        self.sharing.arrived.extend(arrivals.arrived.keys());
        self.decisions.extend(arrivals.arrived);
        Ok((code == 0 || self.to_build().is_empty()).then_some(code))
    }

    /// One call of Cargo for all that is to be built.
    ///
    /// A macro that is built with one that fails is left undecided, so that the next call tries it with the native one, if that may be.
    fn build_once(&mut self, command: &OsStr, more: &[OsString]) -> Result<()> {
        let mut progress = Progress::new(self.shell);
        let mut arrivals = Arrivals::new(self.next_to_build(), std::mem::take(&mut self.locks), SystemTime::now());
        let mut failed: Vec<Failing> = Vec::new();
        let this = &*self;
        let built = this.cargo.build(command, &this.request(Mode::Build), more, |event| {
            match &event {
                Event::Total { units } => progress.total(*units),
                Event::Started { package, name, version } => progress.begins(package, name, version),
                Event::Finished(Finished { package, .. }) | Event::Ran { package, .. } => progress.ends(package),
                Event::Failed { package, message } => {
                    this.shell.verbose(message);
                    let (package, message) = (package.clone(), message.clone());
                    failed.push(Failing { package, reason: first_error(&message), message });
                }
            }
            arrivals.take(this, event);
        })?;
        let Arrivals { wanted, mut locks, mut arrived, made, traces, .. } = arrivals;
        progress.finish(made);
        if !built.success {
            self.shell.verbose(built.stderr.trim_end());
        }
        failed.extend(self.failing_scripts(&built.stderr, &traces));
        let refusals = refusals::read(&self.cargo.refusals(), self);
        let refused: BTreeSet<usize> = refusals.iter().map(|(index, _)| *index).collect();
        let mut undecided = Vec::new();
        let mut gave_up = false;
        for index in wanted {
            // It may do with what was refused to those with which it is built.
            if !self.macros.below(index).is_disjoint(&refused) {
                continue;
            }
            let Some(failing) = self.cause(index, &failed) else {
                undecided.push(index);
                continue;
            };
            gave_up = true;
            let mut reason = failing.reason.clone();
            if failing.package != self.macros.list[index].package {
                reason = format!("{}: {reason}", self.named(&failing.package));
            }
            arrived.insert(index, self.give_up(index, reason, &failing.message));
            locks.remove(&index);
        }
        if !gave_up && refused.is_empty() {
            // Another call would end as this one.
            let reason =
                if built.success { "Cargo built no module of it".to_owned() } else { first_error(&built.stderr) };
            let failed = |index| (index, self.stuck(Trouble::Failed { reason: reason.clone(), known: false }));
            arrived.extend(undecided.into_iter().map(failed).collect::<Vec<_>>());
        }
        self.sharing.arrived.extend(arrived.keys());
        self.decisions.extend(arrived);
        self.locks = locks;
        self.locks.retain(|index, _| matches!(self.decisions.get(index), Some(Decision::Build)));
        self.note_refusals(refusals);
        Ok(())
    }

    /// A package by its id, as Cargo writes it for people.
    fn named(&self, package: &str) -> String {
        let unit = self.macros.plan.units.iter().find(|unit| unit.package == package);
        unit.map_or_else(|| package.to_owned(), |unit| unit.named().to_string())
    }

    /// The build scripts that failed according to what Cargo wrote. As others can write to the same place, one that has run has not failed,
    /// and neither has one of which nobody can tell whose it is.
    fn failing_scripts(&self, stderr: &str, traces: &Traces) -> Vec<Failing> {
        let mut failing = Vec::new();
        for script in failed_scripts(stderr) {
            let runs = self.macros.plan.units.iter().filter(|unit| unit.mode == "run-custom-build");
            let ids: BTreeSet<&str> = runs
                .filter(|unit| unit.named().to_string() == script.package)
                .map(|unit| unit.package.as_str())
                .filter(|package| !traces.scripts.iter().any(|ran| ran.package == *package))
                .collect();
            if let (1, Some(package)) = (ids.len(), ids.first()) {
                let (package, reason) = ((*package).to_owned(), script.reason);
                failing.push(Failing { package, reason, message: script.message });
            }
        }
        failing
    }

    /// The failed package for which a macro could not be built.
    fn cause<'f>(&self, index: usize, failed: &'f [Failing]) -> Option<&'f Failing> {
        let units = self.macros.units_of(index).into_iter();
        let packages: BTreeSet<&str> = units.map(|unit| self.macros.plan.units[unit].package.as_str()).collect();
        // Its own errors say more to people than those of what it is built from, if it got that far.
        let own = self.macros.list[index].package;
        failed.iter().find(|it| it.package == own).or_else(|| failed.iter().find(|it| packages.contains(&*it.package)))
    }

    /// Takes a module that Cargo has built.
    fn arrive(&self, index: usize, path: PathBuf, fresh: bool, traces: &Traces, start: SystemTime) -> Decision {
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
        self.forget_failure(&it.key);
        let module = Module { path, digest: info.digest.to_string(), origin, _stored: None };
        if self.choice.from_source {
            if fresh {
                return self.give_up(index, "Cargo took what was built before".to_owned(), PASSING[0]);
            }
            return Decision::Wasm(module);
        }
        let kept = self.keep(index, &bytes, &module.digest, traces, start).unwrap_or_else(|error| {
            self.shell.warn_once(format_args!(
                "the module store cannot be written, so modules are built again next time: {error}"
            ));
            None
        });
        match kept {
            Some(stored) => self.allowed(index, stored_module(stored, origin)),
            None => self.allowed(index, module),
        }
    }

    /// Gives up a macro that cannot be built, and remembers that.
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
            _ = self.store.write_failure(&failure_key(&it.key, self.choice.profile), &note);
        }
        self.stuck(Trouble::Failed { reason, known: false })
    }
}
