//! What decisions have to do with the shared store: what is asked for there before it is built, and what is sent after.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;

use stubgen::module::{Digest, ModuleInfo};

use crate::decision::{Decision, Module, Origin};
use crate::inputs::Inputs;
use crate::plan::Named;
use crate::profile::Profile;
use crate::resolve::{Resolver, stored_module};
use crate::shared::errand::{Courier, Errand, Job, Parcel, Report};
use crate::shared::settings::{Mode, SharedSettings};
use crate::shared::transfers::Sending;
use crate::store::Meta;

/// Below this run's directory for temporary files: where modules arrive.
const ARRIVALS: &str = "shared";

/// What came of asking.
#[derive(Default)]
pub(crate) struct Asked {
    /// The macros that were taken, and who has signed them.
    pub(crate) taken: Vec<(usize, String)>,
    pub(crate) missing: Vec<usize>,
    pub(crate) refused: Vec<(usize, String)>,
    pub(crate) trouble: Option<String>,
}

/// A module that is as it should be, but nowhere kept.
struct Arrived {
    index: usize,
    signer: String,
    bytes: Vec<u8>,
    path: PathBuf,
    digest: String,
    variables: Vec<String>,
}

impl<'a> Resolver<'a> {
    /// The shared store, if there is one that may be asked.
    fn shared(&self) -> Option<&'a SharedSettings> {
        let settings = self.macros.plan.settings.store.as_ref()?;
        (settings.address().is_some() && !settings.offline && !self.choice.from_source && !self.sharing.is_off)
            .then_some(settings)
    }

    /// Takes from the toolchain and from the shared store what would be built, and says so if one is of no use.
    pub(crate) fn take_shared(&mut self) {
        self.take_prebuilt();
        if let (Some(trouble), Some(store)) = (self.fetch_shared(), &self.macros.plan.settings.store) {
            let url = store.address().unwrap_or_default();
            self.shell.warn(format_args!("the shared store `{url}` is not used: {trouble}"));
        }
    }

    /// Takes from the shared store what would be built. The caller has the locks of the macros. Returns why the store is of no use, if that
    /// was found.
    pub(crate) fn fetch_shared(&mut self) -> Option<String> {
        let settings = self.shared()?;
        let asked = self.fetch(settings, Origin::Shared, &|_| true);
        self.sharing.refused.extend(asked.refused.iter().map(|(index, _)| *index));
        self.sharing.is_off = asked.trouble.is_some();
        self.say_refused(&asked.refused, &format!("the shared store `{}`", settings.address().unwrap_or_default()));
        self.say_taken(&asked.taken);
        asked.trouble
    }

    /// Takes from a store what would be built, where it may be by its key: first what nothing else is built with, since what stands behind a
    /// module need not be there.
    pub(crate) fn fetch(
        &mut self,
        settings: &SharedSettings,
        origin: Origin,
        may_be_there: &dyn Fn(&str) -> bool,
    ) -> Asked {
        let mut all = Asked::default();
        while all.trouble.is_none() {
            let candidates = self.to_build().into_iter().filter(|index| self.is_constant(*index));
            let mut wanted: Vec<usize> =
                candidates.filter(|index| !self.sharing.asked.contains(&(origin, *index))).collect();
            let below: BTreeSet<usize> = wanted.iter().flat_map(|index| self.macros.below(*index)).collect();
            wanted.retain(|index| !below.contains(index));
            if wanted.is_empty() {
                break;
            }
            self.sharing.asked.extend(wanted.iter().map(|index| (origin, *index)));
            // The best one first.
            for profile in self.choice.profile.suitable() {
                let there = wanted.iter().copied().filter(|index| may_be_there(&self.shared_key(*index, *profile)));
                let there: Vec<usize> = there.collect();
                if there.is_empty() {
                    continue;
                }
                let asked = self.ask_shared(settings, &there, *profile, origin);
                for (index, signer) in asked.taken {
                    self.locks.remove(&index);
                    wanted.retain(|other| *other != index);
                    all.taken.push((index, signer));
                }
                all.refused.extend(asked.refused);
                all.trouble = asked.trouble;
                if all.trouble.is_some() {
                    break;
                }
            }
            self.forget_needless();
        }
        all
    }

    /// Leaves out what was to be built for macros that have become modules since.
    fn forget_needless(&mut self) {
        let mut open = self.roots.clone();
        let mut seen = BTreeSet::new();
        while let Some(index) = open.pop_first() {
            if seen.insert(index)
                && let Some(Decision::Build | Decision::Native(_)) = self.decisions.get(&index)
            {
                open.extend(self.macros.below(index));
            }
        }
        self.decisions.retain(|index, decision| !matches!(decision, Decision::Build) || seen.contains(index));
        self.locks.retain(|index, _| seen.contains(index));
    }

    /// Asks for modules, and keeps those that are taken in the local store.
    fn ask_shared(&mut self, settings: &SharedSettings, wanted: &[usize], profile: Profile, origin: Origin) -> Asked {
        let (mut asked, arrived) = self.look(settings, wanted, profile);
        for Arrived { index, signer, bytes, path, digest, variables } in arrived {
            let module = match self.keep_shared(index, &bytes, variables, profile, origin) {
                Ok(module) => module,
                Err(error) => {
                    self.shell.warn_once(format_args!(
                        "the module store cannot be written, so modules are fetched again next time: {error}"
                    ));
                    Module { path, digest, origin, _stored: None }
                }
            };
            let decision = self.allowed(index, module);
            self.decisions.insert(index, decision);
            asked.taken.push((index, signer));
        }
        asked
    }

    /// Asks for modules of a profile, and keeps nothing.
    pub(crate) fn look_at_shared(&self, settings: &SharedSettings, wanted: &[usize], profile: Profile) -> Asked {
        let (mut asked, arrived) = self.look(settings, wanted, profile);
        asked.taken = arrived.into_iter().map(|arrived| (arrived.index, arrived.signer)).collect();
        asked
    }

    /// Asks for modules: what came of it, and those that are as they should be.
    fn look(&self, settings: &SharedSettings, wanted: &[usize], profile: Profile) -> (Asked, Vec<Arrived>) {
        let mut asked = Asked::default();
        let mut arrived = Vec::new();
        let parcels = wanted.iter().map(|index| self.parcel(*index, profile)).collect();
        let reports = match self.send_courier(settings, Job::Pull, parcels) {
            Ok(courier) => courier.wait(),
            Err(error) => vec![Report::Trouble { reason: format!("cannot start a process for it: {error}") }],
        };
        let index_of = |key: &str| wanted.iter().copied().find(|index| self.shared_key(*index, profile) == key);
        for report in reports {
            match report {
                Report::Trouble { reason } => asked.trouble = asked.trouble.or(Some(reason)),
                Report::Missing { key } => asked.missing.extend(index_of(&key)),
                Report::Refused { key, reason } => asked.refused.extend(index_of(&key).map(|index| (index, reason))),
                Report::Taken { key, file, sha256, variables, signer } => {
                    let Some(index) = index_of(&key) else { continue };
                    if variables.iter().any(|name| self.value(name).is_some()) {
                        self.shell.verbose(format_args!(
                            "the shared store's {} is made without {}, which are set here",
                            self.macros.list[index].named(),
                            variables.join(", ")
                        ));
                        asked.missing.push(index);
                        continue;
                    }
                    let read = fs::read(&file).map_err(|error| format!("it cannot be read: {error}"));
                    match read.and_then(|bytes| self.check_module(index, &bytes, &sha256).map(|()| bytes)) {
                        Ok(bytes) => {
                            arrived.push(Arrived { index, signer, bytes, path: file, digest: sha256, variables });
                        }
                        Err(reason) => asked.refused.push((index, reason)),
                    }
                }
                Report::Sent { .. } | Report::Present { .. } => {}
            }
        }
        (asked, arrived)
    }

    /// Whether a module is one that the compiler takes, of the macro that is meant. The signer may have made it with another compiler's bug.
    fn check_module(&self, index: usize, bytes: &[u8], sha256: &str) -> Result<(), String> {
        let it = &self.macros.list[index];
        let digest = Digest::of(bytes);
        if digest.to_string() != sha256 {
            return Err("it has changed on the way".to_owned());
        }
        let info =
            ModuleInfo::parse_with_digest(bytes, digest).map_err(|error| format!("it cannot be used: {error}"))?;
        if info.abi.krate != it.krate || info.abi.version != it.version {
            return Err(format!("it is of crate `{}` {}", info.abi.krate, info.abi.version));
        }
        Ok(())
    }

    /// Keeps a module as if it had been built here, where none of these variables is set either.
    fn keep_shared(
        &self,
        index: usize,
        bytes: &[u8],
        variables: Vec<String>,
        profile: Profile,
        origin: Origin,
    ) -> io::Result<Module> {
        let it = &self.macros.list[index];
        let inputs = Inputs { variables: variables.into_iter().collect(), ..Inputs::default() };
        let Some(key) = self.content_key(index, &inputs) else {
            return Err(io::Error::other("not all is known that decides about it"));
        };
        let key = key.with(&profile);
        let lock = self.store.lock(&key, || ())?;
        let stored =
            self.store.put(&key, bytes, Meta { prebuilt: origin == Origin::Toolchain, ..Meta::of(it, profile) })?;
        drop(lock);
        self.store.write_sources(&it.key, inputs, &key)?;
        self.forget_failure(&it.key);
        Ok(stored_module(stored, origin))
    }

    /// Whether a macro's key says all about it, on every machine: its packages never change, and no macro has a part in it that only this
    /// project knows.
    pub(crate) fn is_constant(&self, index: usize) -> bool {
        self.macros.list[index].changeable.is_none() && self.other_modules(index).is_some_and(|other| other.is_empty())
    }

    /// What had a say when a module was made that is in the local store, if another machine would make the same of it. What a variable says can
    /// be a secret, and a file elsewhere is another one on another machine.
    fn shared_variables(&self, index: usize) -> Option<Vec<String>> {
        let inputs = self.store.sources(&self.macros.list[index].key).filter(|_| self.is_constant(index))?;
        let is_unset = |name: &String| self.value(name).is_none();
        let is_shared = inputs.files.is_empty() && inputs.variables.iter().all(is_unset);
        is_shared.then(|| inputs.variables.into_iter().collect())
    }

    /// Sends what was built by this run, if this machine may. Nobody waits for that now.
    pub(crate) fn send_shared(&mut self) {
        let Some(settings) = self.shared().filter(|settings| settings.mode == Mode::ReadWrite) else { return };
        let arrived: Vec<usize> = std::mem::take(&mut self.sharing.arrived).into_iter().collect();
        self.start_sending(settings, &arrived);
    }

    /// Sends those of these modules that may be of use elsewhere, and returns which ones these are.
    pub(crate) fn start_sending(&mut self, settings: &SharedSettings, macros: &[usize]) -> Vec<usize> {
        let outgoing = |index: &usize| {
            let Some(Decision::Wasm(module)) = self.decisions.get(index) else { return None };
            let variables = self.shared_variables(*index).filter(|_| module._stored.is_some())?;
            let profile = module._stored.as_ref()?.meta.profile;
            let replaces = self.sharing.refused.contains(index);
            Some((
                *index,
                Parcel { module: Some(module.path.clone()), variables, replaces, ..self.parcel(*index, profile) },
            ))
        };
        let (sent, parcels): (Vec<usize>, Vec<Parcel>) = macros.iter().filter_map(outgoing).unzip();
        if parcels.is_empty() {
            return sent;
        }
        let names = parcels.iter().map(|it| (it.key.clone(), Named(&it.name, &it.version).to_string())).collect();
        let url = settings.address().unwrap_or_default().to_owned();
        // One after the other, so that it can be told which of them has said what.
        self.sharing.sending = None;
        match self.send_courier(settings, Job::Push, parcels) {
            Ok(courier) => {
                self.sharing.sending = Some(Sending { shell: self.shell, courier: Some(courier), url, names });
            }
            Err(error) => self.shell.warn(format_args!("nothing is uploaded to the shared store `{url}`: {error}")),
        }
        sent
    }

    /// Waits until what was sent has arrived.
    pub(crate) fn finish_sending(&mut self) -> bool {
        self.sharing.sending.take().is_none_or(|mut sending| sending.finish())
    }

    fn send_courier(&self, settings: &SharedSettings, job: Job, parcels: Vec<Parcel>) -> io::Result<Courier> {
        let directory = self.cargo.temporary.join(ARRIVALS);
        fs::create_dir_all(&directory)?;
        let toolchain = &self.cargo.toolchain;
        let errand = Errand {
            settings: settings.clone(),
            job,
            compiler: self.macros.plan.rustc.lines().next().unwrap_or_default().to_owned(),
            toolchain: toolchain.identity(self.store)?.to_string(),
            directory,
            parcels,
        };
        Courier::start(self.shell, toolchain, &errand)
    }

    /// The key of a macro's modules of a profile.
    fn shared_key(&self, index: usize, profile: Profile) -> String {
        self.macros.list[index].key.with(&profile).as_str().to_owned()
    }

    /// What the shared store knows a module by.
    fn parcel(&self, index: usize, profile: Profile) -> Parcel {
        let it = &self.macros.list[index];
        let unit = &self.macros.plan.units[it.units[0]];
        let checksum = unit.checksum.as_ref().map(|checksum| format!("sha256:{checksum}"));
        let checkout = || unit.git_checkout().map(|checkout| format!("git:{checkout}"));
        Parcel {
            key: self.shared_key(index, profile),
            package: it.package.to_owned(),
            name: it.name.to_owned(),
            version: it.version.to_owned(),
            features: it.features.to_vec(),
            source: checksum.or_else(checkout).unwrap_or_default(),
            module: None,
            variables: Vec::new(),
            replaces: false,
        }
    }

    fn say_taken(&self, signers: &[(usize, String)]) {
        let Some(settings) = self.macros.plan.settings.store.as_ref().filter(|_| !signers.is_empty()) else { return };
        let names: BTreeSet<&str> = signers.iter().map(|(_, signer)| signer.as_str()).collect();
        let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
        let (url, plural) = (settings.address().unwrap_or_default(), if signers.len() == 1 { "" } else { "s" });
        let count = signers.len();
        self.shell
            .status("Downloaded", format_args!("{count} module{plural} from `{url}`, signed by {}", names.join(", ")));
    }

    /// One line for all of them.
    pub(crate) fn say_refused(&self, refused: &[(usize, String)], store: &str) {
        if refused.is_empty() {
            return;
        }
        let reasons: BTreeSet<&str> = refused.iter().map(|(_, reason)| reason.as_str()).collect();
        let of_one = |reason: &str| {
            let of_it = refused.iter().filter(|(_, its)| its == reason);
            // A macro may have modules of more than one profile.
            let names: BTreeSet<String> =
                of_it.map(|(index, _)| self.macros.list[*index].named().to_string()).collect();
            format!("{} ({reason})", names.into_iter().collect::<Vec<_>>().join(", "))
        };
        let parts: Vec<String> = reasons.into_iter().map(of_one).collect();
        self.shell.warn(format_args!("refused from {store}: {}", parts.join("; ")));
    }
}
