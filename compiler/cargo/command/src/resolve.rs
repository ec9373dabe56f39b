//! Deciding what becomes of each macro, from what is known before anything is built.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::asked::Records;
use crate::cargo::Cargo;
use crate::decision::{Decision, Module, Origin, Reason, Trouble};
use crate::failure::{Failure, Result};
use crate::grants::Grants;
use crate::macros::Macros;
use crate::on_refusal::OnRefusal;
use crate::profile::Profile;
use crate::project::{FILE_NAME, Project};
use crate::refused::Refused;
use crate::request::{self, Mode, Request, Wanted};
use crate::shared::transfers::Sharing;
use crate::shell::Shell;
use crate::store::{BuildLock, Store, Stored};

/// What the user chose.
pub(crate) struct Choice {
    /// Macros that are to be native.
    pub(crate) native: BTreeSet<usize>,
    /// If it is there, all others are to be native.
    pub(crate) only: Option<BTreeSet<usize>>,
    pub(crate) forbid_native: bool,
    pub(crate) retry: bool,
    pub(crate) on_refusal: OnRefusal,
    /// Whether pins and store are passed over, so that every module is built from its source.
    pub(crate) from_source: bool,
    /// How modules are compiled that are not there.
    pub(crate) profile: Profile,
    /// Macros that are built although they are pinned.
    pub(crate) unpinned: BTreeSet<usize>,
    /// What became of macros with another plan in this run, by their root modules.
    pub(crate) settled: BTreeMap<PathBuf, Trouble>,
}

impl Default for Choice {
    fn default() -> Choice {
        Choice {
            native: BTreeSet::new(),
            only: None,
            forbid_native: false,
            retry: false,
            on_refusal: OnRefusal::Fail,
            from_source: false,
            profile: Profile::default(),
            unpinned: BTreeSet::new(),
            settled: BTreeMap::new(),
        }
    }
}

/// The state of the decisions.
pub(crate) struct Resolver<'a> {
    pub(crate) shell: &'a Shell,
    pub(crate) cargo: &'a Cargo<'a>,
    pub(crate) macros: &'a Macros<'a>,
    pub(crate) store: &'a Store,
    pub(crate) project: Project,
    pub(crate) choice: Choice,
    /// What macros have asked for in this project before.
    pub(crate) records: Records,
    /// What was refused in the last call of Cargo, by index of the macro.
    pub(crate) refusals: Vec<(usize, Refused)>,
    /// By index of the macro; only of those that are needed.
    pub(crate) decisions: BTreeMap<usize, Decision>,
    pub(super) locks: BTreeMap<usize, BuildLock>,
    /// The macros that are needed whatever becomes of others.
    pub(crate) roots: BTreeSet<usize>,
    pub(crate) sharing: Sharing<'a>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(
        cargo: &'a Cargo<'a>,
        macros: &'a Macros<'a>,
        store: &'a Store,
        project: Project,
        choice: Choice,
    ) -> Resolver<'a> {
        let records = Records::of(&macros.plan.target_dir);
        Resolver {
            shell: cargo.shell,
            cargo,
            macros,
            store,
            project,
            choice,
            records,
            refusals: Vec::new(),
            decisions: BTreeMap::new(),
            locks: BTreeMap::new(),
            roots: BTreeSet::new(),
            sharing: Sharing::default(),
        }
    }

    /// Decides about the macros that the units `starts` lead to, and about those with which they are built if they are.
    ///
    /// What stands behind a module that is there already is not needed, and neither is what stands behind a macro that is stuck.
    pub(crate) fn need(&mut self, starts: &[usize]) -> Result<()> {
        let mut open: BTreeSet<usize> = self.macros.met(starts, |_| false);
        self.roots.extend(&open);
        let mut seen = BTreeSet::new();
        while let Some(index) = open.pop_first() {
            if !seen.insert(index) {
                continue;
            }
            if !self.decisions.contains_key(&index) {
                self.decisions.insert(index, self.decide(index)?);
            }
            if let Some(Decision::Build | Decision::Native(_)) = self.decisions.get(&index) {
                open.extend(self.macros.below(index));
            }
        }
        Ok(())
    }

    /// Decides about one macro.
    pub(crate) fn decide(&self, index: usize) -> Result<Decision> {
        if let Some(reason) = self.native_reason(index) {
            return Ok(Decision::Native(reason));
        }
        let it = &self.macros.list[index];
        if let Some(trouble) = it.src.and_then(|src| self.choice.settled.get(src)) {
            return Ok(self.stuck(trouble.clone()));
        }
        if self.choice.from_source {
            return Ok(Decision::Build);
        }
        if self.is_pinned(index)
            && let Some(pinned) = self.project.pins.module(it, self.macros)?
        {
            let (path, digest) = (pinned.path, pinned.sha256);
            return Ok(self.allowed(index, Module { path, digest, origin: Origin::Pinned, _stored: None }));
        }
        if it.changeable.is_none()
            && let Some(trouble) = self.known_failure(&it.key)
        {
            return Ok(self.stuck(trouble));
        }
        Ok(match self.kept(index) {
            Some(stored) => self.allowed(index, cached_module(stored)),
            None => Decision::Build,
        })
    }

    /// Who has said that a macro runs natively, whatever becomes of its module.
    pub(super) fn native_reason(&self, index: usize) -> Option<Reason> {
        if self.choice.native.contains(&index) {
            return Some(Reason::Asked);
        }
        if self.choice.only.as_ref().is_some_and(|only| !only.contains(&index)) {
            return Some(Reason::NotOnly);
        }
        self.project.permissions.native(&self.macros.list[index]).map(Reason::Granted)
    }

    /// Whether the project brings a module of it along.
    pub(super) fn is_pinned(&self, index: usize) -> bool {
        !self.choice.unpinned.contains(&index) && self.project.pins.has(&self.macros.list[index])
    }

    /// What becomes of a macro that is stuck.
    pub(super) fn stuck(&self, trouble: Trouble) -> Decision {
        match self.choice.on_refusal {
            OnRefusal::Native => Decision::Native(Reason::Setting(trouble)),
            OnRefusal::Ask | OnRefusal::Fail => Decision::Stuck(trouble),
        }
    }

    /// What becomes of a macro that has a module: with `on-refusal = "native"` it is not tried once more if it is known to be refused
    /// something, and nothing was granted since.
    pub(super) fn allowed(&self, index: usize, module: Module) -> Decision {
        if self.choice.on_refusal == OnRefusal::Native
            && !self.choice.retry
            && let it = &self.macros.list[index]
            && let Some(asked) = self.records.get(it.package, &module.digest)
            && asked.grants == self.project.permissions.of(it)
            && let Some(wanted) = asked.wanted.first()
        {
            return self.stuck(Trouble::Refused { refused: wanted.refused.refused.clone(), known: true });
        }
        Decision::Wasm(module)
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
        let free = self.to_build().into_iter().filter(|index| !self.is_blocked(*index));
        let (mut changeable, constant): (Vec<usize>, Vec<usize>) = free.partition(is_changeable);
        if !constant.is_empty() {
            return constant;
        }
        let waiting: BTreeSet<usize> = changeable.iter().copied().collect();
        changeable.retain(|index| self.macros.below(*index).is_disjoint(&waiting));
        changeable
    }

    /// Whether a macro cannot be built because one with which it is built is stuck.
    fn is_blocked(&self, index: usize) -> bool {
        self.macros.below(index).into_iter().any(|below| match self.decisions.get(&below) {
            Some(Decision::Stuck(_)) => true,
            Some(Decision::Build) => self.is_blocked(below),
            _ => false,
        })
    }

    /// Fails if a macro would have to be native that the command line does not name, and the user does not want so.
    pub(crate) fn check_forbidden(&self) -> Result<()> {
        if !self.choice.forbid_native {
            return Ok(());
        }
        let mut names = Vec::new();
        let mut notes = Vec::new();
        for (index, decision) in &self.decisions {
            let reason: &dyn std::fmt::Display = match decision {
                Decision::Native(reason) if !reason.is_on_command_line() => reason,
                Decision::Stuck(trouble) => trouble,
                _ => continue,
            };
            names.push(self.macros.list[*index].name);
            notes.push(format!("{}: {reason}", self.macros.list[*index].named()));
        }
        let message = match names.as_slice() {
            [] => return Ok(()),
            [_] => "1 macro does not run from Wasm, and `--forbid-native` does not let it run natively".to_owned(),
            names => format!(
                "{} macros do not run from Wasm, and `--forbid-native` does not let them run natively",
                names.len()
            ),
        };
        let failure = notes.into_iter().fold(Failure::new(message), Failure::note);
        Err(failure
            .help(format!("`{}` allows it once; `-v` prints more about what failed", self.cargo.line.natively(&names))))
    }

    /// Fails if two packages have the same module and not the same grants: nobody can tell which of them runs, and neither may have what the
    /// other one has.
    pub(crate) fn check_shared(&self) -> Result<()> {
        let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, decision) in &self.decisions {
            let Decision::Wasm(module) = decision else { continue };
            let owner = *owners.entry(&module.digest).or_insert(*index);
            let (one, other) = (&self.macros.list[owner], &self.macros.list[*index]);
            let permissions = &self.project.permissions;
            if one.package == other.package || permissions.of(one) == permissions.of(other) {
                continue;
            }
            let (names, ids) = ([one.named(), other.named()], [one.package, other.package]);
            return Err(Failure::new(format!(
                "{} and {} have the same module, but different grants",
                names[0], names[1]
            ))
            .note(ids.join("\n"))
            .help(format!(
                "write the same for both packages in `{FILE_NAME}`, or remove one of them from the project"
            )));
        }
        Ok(())
    }

    /// The macros that run from Wasm in what the user builds, and those that run natively. Macros behind a module do not run at all.
    pub(crate) fn used(&self) -> BTreeSet<usize> {
        let is_native = |index| matches!(self.decisions.get(&index), Some(Decision::Native(_)));
        self.macros.met(&self.macros.starts(), is_native)
    }

    /// The macro crates that run natively, by their root modules.
    pub(crate) fn native(&self) -> impl Iterator<Item = PathBuf> {
        let native = self.decisions.iter().filter(|(_, decision)| matches!(decision, Decision::Native(_)));
        native.filter_map(|(index, _)| Some(self.macros.list[*index].src?.to_owned()))
    }

    /// Why macro crates run natively that nobody has named, likewise.
    pub(crate) fn settled(&self) -> BTreeMap<PathBuf, Trouble> {
        let settled = self.decisions.iter().filter_map(|(index, decision)| match decision {
            Decision::Native(Reason::Setting(trouble)) => {
                Some((self.macros.list[*index].src?.to_owned(), trouble.clone()))
            }
            _ => None,
        });
        settled.collect()
    }

    /// What Cargo is told in this state. Writes the stamps of the modules.
    pub(crate) fn request(&self, mode: Mode) -> Request<'_> {
        let policy_dir = Some(self.macros.plan.policy_dir());
        let mut request = Request { policy_dir, profile: self.choice.profile, ..Request::new(mode) };
        let next = if mode == Mode::Build { self.next_to_build() } else { Vec::new() };
        for (index, decision) in &self.decisions {
            let it = &self.macros.list[*index];
            match decision {
                Decision::Wasm(module) => {
                    request.modules.push(request::Module {
                        path: &module.path,
                        stamp: self.write_stamp(*index, module),
                        sha256: &module.digest,
                        ..self.requested(*index)
                    });
                }
                Decision::Build if next.contains(index) => {
                    request.build.push(Wanted { package: it.package, features: it.features });
                }
                Decision::Build | Decision::Stuck(_) => {}
                Decision::Native(_) => {
                    request.native.extend(it.src);
                    request.native_packages.insert(it.package);
                }
            }
        }
        request.native.sort();
        request.native.dedup();
        // Planned once more, they would be in it.
        if !request.native.iter().all(|src| self.macros.plan.native.contains(*src)) {
            request.unplanned = Some(self.cargo.unplanned());
        }
        request
    }

    /// [`request`](Resolver::request) to use modules and to build, in the same graph, those that are not there.
    pub(crate) fn request_along(&self) -> Request<'_> {
        let mut request = self.request(Mode::Use);
        for index in self.to_build() {
            let it = &self.macros.list[index];
            request.build.push(Wanted { package: it.package, features: it.features });
            request.modules.push(request::Module {
                path: Path::new(""),
                stamp: Some(self.stamp_path(index)),
                sha256: "",
                ..self.requested(index)
            });
        }
        request
    }

    /// [`request`](Resolver::request) to use modules, where macros that have none are taken from one that is not there. So Cargo fails at
    /// these, and can go on with what does not need them.
    pub(crate) fn request_without_stuck(&self) -> Request<'_> {
        let mut request = self.request(Mode::Use);
        for (index, decision) in &self.decisions {
            if matches!(decision, Decision::Build | Decision::Stuck(_)) {
                request.modules.push(request::Module { grants: Grants::default(), ..self.requested(*index) });
            }
        }
        request
    }

    /// What Cargo is told of a macro, with a module that is not there.
    fn requested(&self, index: usize) -> request::Module<'_> {
        let it = &self.macros.list[index];
        request::Module {
            package: it.package,
            features: it.features,
            path: Path::new(""),
            stamp: None,
            sha256: NO_DIGEST,
            id: it.package,
            name: it.name,
            version: it.version,
            grants: self.project.permissions.of(it),
        }
    }
}

/// The digest of no module.
const NO_DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A module that was in the store when this run began.
pub(super) fn cached_module(stored: Stored) -> Module {
    let origin = if stored.meta.prebuilt { Origin::Toolchain } else { Origin::Cached };
    stored_module(stored, origin)
}

/// A module of the store.
pub(super) fn stored_module(stored: Stored, origin: Origin) -> Module {
    Module { path: stored.path.clone(), digest: stored.meta.sha256.clone(), origin, _stored: Some(stored) }
}
