//! `store keygen`, `pull`, `push` and `verify`: the shared store by hand.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::args::store::{Keygen, Push, SharedCommand};
use crate::decision::{Decision, Origin};
use crate::failure::{Failure, Result};
use crate::look_up::with_macros;
use crate::output;
use crate::profile::Profile;
use crate::resolve::{Choice, Resolver};
use crate::shared::keys::SigningKey;
use crate::shared::settings::{Mode, SharedSettings, is_name};
use crate::shell::Shell;
use crate::split::CargoLine;

pub(crate) fn run(shell: &Shell, command: &SharedCommand, line: &CargoLine) -> Result<i32> {
    match command {
        SharedCommand::Keygen(options) => keygen(shell, options),
        SharedCommand::Pull(_) => pull(shell, line),
        SharedCommand::Push(options) => push(shell, options, line),
        SharedCommand::Verify(_) => verify(shell, line),
    }
}

/// Makes a pair of keys, and writes the public one to standard output.
fn keygen(shell: &Shell, options: &Keygen) -> Result<i32> {
    let name = &options.name;
    if !is_name(name) {
        return Err(Failure::new(format!("`{name}` is not a name for a key"))
            .help("a name has letters, digits, `.`, `_`, `-` and `@`, at most 64 of them"));
    }
    let key = SigningKey::generate(name).ok_or_else(|| Failure::new("the system provides no random numbers"))?;
    let path = options.out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.key")));
    key.write_new(&path).map_err(|error| Failure::new(format!("cannot write `{}`: {error}", path.display())))?;
    shell.status(
        "Generated",
        format_args!("`{}` (keep it secret); the public key, for `trusted-keys`:", path.display()),
    );
    let public = key.trusted();
    output::print(&format!("{}:{}\n", public.name, public.id()))?;
    Ok(0)
}

/// Takes all macros of the project that are there into the local store.
fn pull(shell: &Shell, line: &CargoLine) -> Result<i32> {
    with_project(shell, line, |resolver, settings| {
        let missing = resolver.to_build();
        resolver.fetch_shared_only(settings)?;
        let left: Vec<String> =
            resolver.to_build().iter().map(|index| resolver.macros.list[*index].named().to_string()).collect();
        if missing.is_empty() {
            shell.status("Found", "everything in the local store");
        } else if !left.is_empty() {
            shell.status("Missing", left.join(", "));
        }
        Ok(0)
    })
}

/// Sends what the local store has of the project's macros.
fn push(shell: &Shell, options: &Push, line: &CargoLine) -> Result<i32> {
    with_project(shell, line, |resolver, settings| {
        if settings.mode == Mode::Read {
            return Err(Failure::new("`wasm-proc-macro.store.mode` is `read`, so nothing is uploaded")
                .help("set it to `read-write` on machines that upload modules"));
        }
        let is_here =
            |decision: &Decision| matches!(decision, Decision::Wasm(module) if module.origin != Origin::Pinned);
        let here = resolver.decisions.iter().filter(|(_, decision)| is_here(decision));
        let here: Vec<usize> = here.map(|(index, _)| *index).collect();
        if options.replace {
            resolver.sharing.refused.extend(&here);
        }
        let sent: BTreeSet<usize> = resolver.start_sending(settings, &here).into_iter().collect();
        let named = |index: &usize| resolver.macros.list[*index].named().to_string();
        let left: Vec<String> = here.iter().filter(|index| !sent.contains(index)).map(named).collect();
        let missing: Vec<String> = resolver.to_build().iter().map(named).collect();
        if !left.is_empty() {
            shell.status("Keeping", format_args!("{}: their build depends on this machine", left.join(", ")));
        }
        if !missing.is_empty() {
            shell.status("Missing", format_args!("{}: not in the local store", missing.join(", ")));
        }
        if resolver.finish_sending() { Ok(0) } else { Err(Failure::Exit(crate::failure::ERROR_CODE)) }
    })
}

/// Looks at what the shared store has for the project. The exit code is 1 if something of it is not as it was signed.
fn verify(shell: &Shell, line: &CargoLine) -> Result<i32> {
    with_project(shell, line, |resolver, settings| {
        let all: Vec<usize> = (0..resolver.macros.list.len()).filter(|index| resolver.is_constant(*index)).collect();
        let mut lines = Vec::new();
        let mut is_well = true;
        let named = |index: usize| resolver.macros.list[index].named();
        for profile in Profile::Quick.suitable() {
            let asked = resolver.look_at_shared(settings, &all, *profile);
            let signed =
                |(index, by): &(usize, String)| (*index, format!("{}, {profile}: signed by `{by}`\n", named(*index)));
            lines.extend(asked.taken.iter().map(signed));
            let refused =
                |(index, why): &(usize, String)| (*index, format!("{}, {profile}: refused: {why}\n", named(*index)));
            lines.extend(asked.refused.iter().map(refused));
            is_well &= asked.refused.is_empty();
            if let Some(trouble) = asked.trouble {
                return Err(unusable(settings, &trouble));
            }
        }
        let is_there = |index: &usize| lines.iter().any(|(known, _)| known == index);
        let missing: Vec<usize> = all.into_iter().filter(|index| !is_there(index)).collect();
        lines.extend(missing.into_iter().map(|index| (index, format!("{}: not there\n", named(index)))));
        lines.sort();
        output::print(&lines.into_iter().map(|(_, line)| line).collect::<String>())?;
        Ok(i32::from(!is_well))
    })
}

fn unusable(settings: &SharedSettings, trouble: &str) -> Failure {
    Failure::new(format!("the shared store `{}` cannot be used: {trouble}", settings.address().unwrap_or_default()))
}

/// Plans the project's build, decides about its macros, and does something with the shared store.
fn with_project(
    shell: &Shell,
    line: &CargoLine,
    act: impl FnOnce(&mut Resolver<'_>, &SharedSettings) -> Result<i32>,
) -> Result<i32> {
    with_macros(shell, line, |resolver| {
        let plan = resolver.macros.plan;
        let settings = plan.settings.store.as_ref().filter(|settings| settings.address().is_some());
        let settings = settings.ok_or_else(|| {
            Failure::new("no shared store is configured")
                .help("set `url` in the table `[wasm-proc-macro.store]` of Cargo's configuration")
        })?;
        if settings.offline {
            return Err(Failure::new("the shared store cannot be used offline"));
        }
        resolver.choice = Choice { retry: true, profile: plan.settings.optimize.into(), ..Choice::default() };
        resolver.need(&resolver.macros.starts())?;
        act(resolver, settings)
    })
}

impl Resolver<'_> {
    /// [`fetch_shared`](Resolver::fetch_shared), where it is an error if the store is of no use.
    fn fetch_shared_only(&mut self, settings: &SharedSettings) -> Result<()> {
        match self.fetch_shared() {
            Some(trouble) => Err(unusable(settings, &trouble)),
            None => Ok(()),
        }
    }
}
