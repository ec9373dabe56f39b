//! `permissions`: what the macros of a project have and have asked for, and writing down what they may have.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use indicatif::HumanDuration;

use crate::args::Permissions;
use crate::asked::Wanted;
use crate::cargo::Cargo;
use crate::decision::Decision;
use crate::failure::{Failure, Result};
use crate::grant::{self, Grant};
use crate::line::{Line, joined};
use crate::look_up::LOOKED_UP_IN;
use crate::macros::Macros;
use crate::output;
use crate::plan::Plan;
use crate::project::{FILE_NAME, Project};
use crate::resolve::{Choice, Resolver};
use crate::run::{Options, native_by_word};
use crate::session::Session;
use crate::shell::Shell;
use crate::split::CargoLine;

/// Shows the permissions of a project's macros, or writes them.
pub(crate) fn run(shell: &Shell, options: &Permissions, line: &CargoLine) -> Result<i32> {
    let session = Session::new(shell)?;
    let cargo = session.cargo(shell, line);
    let plan = plan(&session, &cargo)?;
    let macros = Macros::of(&plan, &mut session.keys(&plan)?);
    let project = Project::read(&plan)?;
    project.warn_of_unused(shell, &macros)?;
    let resolver = Resolver::new(&cargo, &macros, &session.store, project, Choice::default());
    let packages = packages(&macros);
    match &options.accept {
        None => show(&resolver, &packages)?,
        Some(specs) => accept(&resolver, &packages, specs)?,
    }
    Ok(0)
}

/// The plan with what native macros are built with, to which something may be granted, too.
fn plan(session: &Session, cargo: &Cargo<'_>) -> Result<Plan> {
    let mut native = BTreeSet::new();
    loop {
        let plan = cargo.plan(OsStr::new(LOOKED_UP_IN), &native)?;
        let macros = Macros::of(&plan, &mut session.keys(&plan)?);
        let found = native_by_word(&Options::default(), &Project::read(&plan)?, &macros);
        if found.is_subset(&native) {
            return Ok(plan);
        }
        native.extend(found);
    }
}

/// The macros, by package: a package may be there with several sets of features.
fn packages(macros: &Macros<'_>) -> Vec<Vec<usize>> {
    let mut packages: Vec<Vec<usize>> = Vec::new();
    for (index, it) in macros.list.iter().enumerate() {
        match packages.iter_mut().find(|package| macros.list[package[0]].package == it.package) {
            Some(package) => package.push(index),
            None => packages.push(vec![index]),
        }
    }
    packages
}

/// What a package needs, as far as that is known.
struct Needs {
    /// What its modules have asked for.
    wanted: Vec<Wanted>,
    /// Why it cannot run from Wasm at all.
    stuck: Option<String>,
}

/// What the modules of a package have asked for that it has now; if there is none, those that there were.
fn needs(resolver: &Resolver<'_>, package: &[usize]) -> Result<Needs> {
    let id = resolver.macros.list[package[0]].package;
    let mut needs = Needs { wanted: Vec::new(), stuck: None };
    let mut records = Vec::new();
    let mut has_module = false;
    for index in package {
        match resolver.decide(*index)? {
            Decision::Wasm(module) => {
                has_module = true;
                records.extend(resolver.records.get(id, &module.digest));
            }
            Decision::Stuck(trouble) => needs.stuck = Some(trouble.to_string()),
            Decision::Build => {
                let failure = resolver.known_failure(&resolver.macros.list[*index].key);
                needs.stuck = failure.map(|trouble| trouble.of_last_time().to_string()).or(needs.stuck);
            }
            Decision::Native(_) => {}
        }
    }
    if !has_module {
        records = resolver.records.of_package(id);
    }
    for wanted in records.into_iter().flat_map(|asked| asked.wanted) {
        if !needs.wanted.iter().any(|known| known.refused == wanted.refused) {
            needs.wanted.push(wanted);
        }
    }
    Ok(needs)
}

fn show(resolver: &Resolver<'_>, packages: &[Vec<usize>]) -> Result<()> {
    let mut text = String::new();
    for package in packages {
        let it = &resolver.macros.list[package[0]];
        if !text.is_empty() {
            text.push('\n');
        }
        text += &format!("{}\n", it.named());
        let (grants, native) = (resolver.project.permissions.of(it), resolver.project.permissions.native(it));
        let has = match &native {
            Some(line) => format!("all your rights: {line}"),
            None if grants.is_empty() => "only what every macro has".to_owned(),
            None => grants.to_string(),
        };
        text += &format!("  has         {has}\n");
        let needs = needs(resolver, package)?;
        let mut title = "asked for";
        for wanted in &needs.wanted {
            let Wanted { refused, when } = wanted;
            let has_it = native.is_some() || refused.line.is_in(&grants, resolver.macros.plan.project());
            let has_it = if has_it { "granted since".to_owned() } else { refused.line.to_string() };
            text += &format!("  {title:<12}{} (`{}`), {}: {has_it}\n", refused.refused, refused.name, ago(*when));
            title = "";
        }
        if let Some(stuck) = needs.stuck.filter(|_| native.is_none()) {
            text += &format!("  {:<12}to run natively, {stuck}: {}\n", "needs", Line::Native);
        } else if needs.wanted.is_empty() {
            text += &format!("  {title:<12}nothing\n");
        }
    }
    output::print(&text)
}

fn ago(when: u64) -> String {
    let age = SystemTime::now().duration_since(UNIX_EPOCH + Duration::from_secs(when)).unwrap_or_default();
    format!("{} ago", HumanDuration(age))
}

/// Writes the lines for all that was asked for. Native rights are for packages only that `specs` name.
fn accept(resolver: &Resolver<'_>, packages: &[Vec<usize>], specs: &[String]) -> Result<()> {
    let mut named: BTreeSet<usize> = BTreeSet::new();
    for spec in specs {
        named.extend(resolver.macros.matching(spec, "--accept")?);
    }
    let permissions = &resolver.project.permissions;
    let mut grants = Vec::new();
    let mut left = Vec::new();
    for package in packages {
        let it = &resolver.macros.list[package[0]];
        let is_named = package.iter().any(|index| named.contains(index));
        if permissions.native(it).is_some() || !specs.is_empty() && !is_named {
            continue;
        }
        let (has, needs) = (permissions.of(it), needs(resolver, package)?);
        let mut lines: Vec<Line> = needs.wanted.into_iter().map(|wanted| wanted.refused.line).collect();
        lines.extend(needs.stuck.map(|_| Line::Native));
        lines.retain(|line| !line.is_in(&has, resolver.macros.plan.project()));
        if lines.contains(&Line::Native) {
            if is_named {
                lines = vec![Line::Native];
            } else {
                left.push(it.name);
                lines.retain(|line| *line != Line::Native);
            }
        }
        if !lines.is_empty() {
            grants.push(Grant { key: permissions.key_for(it, resolver.macros), lines });
        }
    }
    if !grants.is_empty() {
        grant::write(resolver.macros.plan, &grants)?;
    }
    for Grant { key, lines } in &grants {
        resolver.shell.status("Granted", format_args!("{key}: {} (in `{FILE_NAME}`)", joined(lines).join(", ")));
    }
    if !left.is_empty() {
        let names = left.join(" ");
        let text =
            format!("these macro packages need native rights, which are only granted by name: {}", left.join(", "));
        resolver.shell.warn(text);
        resolver.shell.help(format_args!("`cargo wasm-proc-macro permissions --accept {names}` grants them"));
    } else if grants.is_empty() {
        match specs {
            [] => resolver.shell.status("Granted", "nothing; no macro has asked for more than it has"),
            specs => {
                return Err(Failure::new(format!(
                    "{} asked for nothing that is not granted already",
                    specs.join(", ")
                )));
            }
        }
    }
    Ok(())
}
