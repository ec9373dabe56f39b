//! `--explain`: what is decided for a package, and why.

use std::collections::BTreeSet;

use crate::decision::{Decision, Origin};
use crate::failure::Result;
use crate::macros::{Macros, is_named};
use crate::output;
use crate::resolve::Resolver;

/// Writes what is decided about the packages that `specs` name.
pub(crate) fn explain(resolver: &Resolver<'_>, specs: &[String]) -> Result<()> {
    let mut text = String::new();
    for spec in specs {
        let macros = resolver.macros;
        let found: Vec<usize> = (0..macros.list.len()).filter(|index| macros.list[*index].is_named(spec)).collect();
        let sections = if found.is_empty() {
            vec![about_other(macros, spec)?]
        } else {
            found.into_iter().map(|index| about(resolver, index)).collect::<Result<_>>()?
        };
        for section in sections {
            if !text.is_empty() {
                text.push('\n');
            }
            text += &section;
        }
    }
    output::print(&text)
}

fn about(resolver: &Resolver<'_>, index: usize) -> Result<String> {
    let (macros, it) = (resolver.macros, &resolver.macros.list[index]);
    let decision = resolver.decide(index)?;
    let (said, path) = match &decision {
        Decision::Wasm(module) => {
            let said = match module.origin {
                Origin::Pinned => "the pinned module",
                _ if it.changeable.is_some() => "the module that was built from its source as it is now",
                Origin::Toolchain => "the module in the store that came with the toolchain",
                _ => "the module in the store",
            };
            let profile = module._stored.as_ref().map(|stored| format!(" ({})", stored.meta.profile));
            (format!("runs from Wasm, from {said}{}", profile.unwrap_or_default()), Some(module.path.clone()))
        }
        Decision::Build => match it.changeable {
            Some(_) if let Some(trouble) = resolver.known_failure(&it.key) => {
                let trouble = trouble.of_last_time();
                (format!("tried again from Wasm, because its source can change; last time it failed: {trouble}"), None)
            }
            Some(package) if package.0 == it.name => {
                ("runs from Wasm; built in the target directory, because its source can change".to_owned(), None)
            }
            Some(package) => (
                format!("runs from Wasm; built in the target directory, because the source of {package} can change"),
                None,
            ),
            None => ("runs from Wasm, once it is built".to_owned(), None),
        },
        Decision::Stuck(trouble) => (format!("does not run from Wasm: {trouble}"), None),
        Decision::Native(reason) => (format!("runs natively: {reason}"), None),
    };
    let mut lines =
        vec![("package", it.package.to_owned()), ("features", or_none(it.features.to_vec())), ("decision", said)];
    if let Some(path) = path {
        lines.push(("module", path.display().to_string()));
    }
    if it.changeable.is_none() {
        lines.push(("key", it.key.to_string()));
    }
    lines.push((
        "permissions",
        or_none(
            vec![resolver.project.permissions.of(it)]
                .into_iter()
                .filter(|grants| !grants.is_empty())
                .map(|grants| grants.to_string())
                .collect(),
        ),
    ));
    let own = macros.units_of(index).into_iter().filter(|unit| !it.units.contains(unit));
    let own: BTreeSet<String> = own
        .map(|unit| macros.plan.units[unit].named().to_string())
        .filter(|name| *name != it.named().to_string())
        .collect();
    lines.push(("built from", or_none(own.into_iter().collect())));
    let below = macros.below(index).into_iter().map(|below| macros.list[below].named().to_string());
    lines.push(("built with", or_none(below.collect())));
    Ok(section(&it.named().to_string(), &lines))
}

/// About a package that has no macros: who needs it.
fn about_other(macros: &Macros<'_>, spec: &str) -> Result<String> {
    let plan = macros.plan;
    let is_it = |unit: &usize| {
        let unit = &plan.units[*unit];
        is_named(spec, &unit.package, &unit.name, &unit.version)
    };
    let Some(unit) = (0..plan.units.len()).find(is_it) else {
        // The error that everybody gets who names what is not there.
        return macros.matching(spec, "--explain").map(|_| String::new());
    };
    let needing = (0..macros.list.len()).filter(|index| macros.units_of(*index).iter().any(is_it));
    let needing: Vec<String> = needing.map(|index| macros.list[index].named().to_string()).collect();
    let mut reached = BTreeSet::new();
    let mut open: Vec<usize> = plan.roots.clone();
    while let Some(unit) = open.pop() {
        if macros.at(unit).is_none() && reached.insert(unit) {
            open.extend(plan.units[unit].deps.iter().map(|dep| dep.unit));
        }
    }
    let said = match (needing.is_empty(), reached.iter().any(is_it)) {
        (true, _) => "has no macros and is compiled as usual",
        (false, true) => {
            "has no macros; compiled for the project as usual, and once more for the modules of the macros below"
        }
        (false, false) => "has no macros; only macros need it, so it is not compiled if they come from the store",
    };
    let lines =
        [("package", plan.units[unit].package.clone()), ("decision", said.to_owned()), ("macros", or_none(needing))];
    Ok(section(&plan.units[unit].named().to_string(), &lines))
}

fn section(title: &str, lines: &[(&str, String)]) -> String {
    let lines = lines.iter().map(|(name, value)| format!("  {name:<12}{value}\n"));
    format!("{title}\n{}", lines.collect::<String>())
}

fn or_none(list: Vec<String>) -> String {
    if list.is_empty() { "none".to_owned() } else { list.join(", ") }
}
