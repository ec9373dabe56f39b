//! The macros of a plan, and the texts by which people name packages.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use crate::failure::{Failure, Result};
use crate::key::{Key, Keys};
use crate::plan::{Named, Plan, Unit};

/// A macro package with one set of features: what has one module.
pub(crate) struct Macro<'a> {
    /// Its units. More than one only if what it depends on differs.
    pub(crate) units: Vec<usize>,
    pub(crate) package: &'a str,
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    pub(crate) krate: &'a str,
    pub(crate) features: &'a [String],
    pub(crate) src: Option<&'a Path>,
    /// The package, itself or one that it is built from, whose source may change. The store knows such a module by more than its key.
    pub(crate) changeable: Option<Named<'a>>,
    pub(crate) key: Key,
}

/// All macros of a plan.
pub(crate) struct Macros<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) list: Vec<Macro<'a>>,
    by_unit: HashMap<usize, usize>,
}

impl<'a> Macros<'a> {
    /// Finds the macros of `plan`, those that only macros use among them.
    pub(crate) fn of(plan: &'a Plan, keys: &mut Keys<'_>) -> Macros<'a> {
        let mut units: BTreeSet<usize> = plan.macros.iter().copied().collect();
        for &start in &plan.macros {
            units.extend(plan.closure(start, |_| false).into_iter().filter(|unit| plan.units[*unit].is_macro()));
        }
        let mut groups: BTreeMap<(&str, &[String]), Vec<usize>> = BTreeMap::new();
        for &unit in &units {
            groups.entry((&plan.units[unit].package, &plan.units[unit].features)).or_default().push(unit);
        }
        let mut list: Vec<Macro<'a>> = groups.into_values().map(|units| Macro::of(plan, units, keys)).collect();
        list.sort_by(|a, b| (a.name, a.version, &a.key).cmp(&(b.name, b.version, &b.key)));
        let by_unit =
            list.iter().enumerate().flat_map(|(index, it)| it.units.iter().map(move |unit| (*unit, index))).collect();
        Macros { plan, list, by_unit }
    }

    /// The macro that a unit belongs to.
    pub(crate) fn at(&self, unit: usize) -> Option<usize> {
        self.by_unit.get(&unit).copied()
    }

    /// Where a walk from what the user builds begins: at the plan's roots, and at macros that no root leads to.
    pub(crate) fn starts(&self) -> Vec<usize> {
        let mut reached = BTreeSet::new();
        for &root in &self.plan.roots {
            reached.extend(self.plan.closure(root, |_| false));
        }
        let lost = self.plan.macros.iter().copied().filter(|unit| !reached.contains(unit));
        self.plan.roots.iter().copied().chain(lost).collect()
    }

    /// The macros that are met from `starts`; the walk goes on behind those for which `passes` says so.
    pub(crate) fn met(&self, starts: &[usize], mut passes: impl FnMut(usize) -> bool) -> BTreeSet<usize> {
        let mut met = BTreeSet::new();
        let mut seen: BTreeSet<usize> = starts.iter().copied().collect();
        let mut open: Vec<usize> = seen.iter().copied().collect();
        while let Some(unit) = open.pop() {
            if let Some(index) = self.at(unit) {
                met.insert(index);
                if !passes(index) {
                    continue;
                }
            }
            open.extend(self.plan.units[unit].deps.iter().map(|dep| dep.unit).filter(|dep| seen.insert(*dep)));
        }
        met
    }

    /// The macros that a macro is built with.
    pub(crate) fn below(&self, index: usize) -> BTreeSet<usize> {
        let units = self.list[index].units.iter().flat_map(|unit| self.plan.macros_below(*unit));
        units.filter_map(|unit| self.at(unit)).collect()
    }

    /// The packages that a macro is built from, with itself and without other macros.
    pub(crate) fn units_of(&self, index: usize) -> BTreeSet<usize> {
        self.list[index].units.iter().flat_map(|unit| self.plan.own_closure(*unit)).collect()
    }

    /// The macros that `spec` names: at least one. `option` is where it was written, for the error.
    pub(crate) fn matching(&self, spec: &str, option: &str) -> Result<Vec<usize>> {
        let found: Vec<usize> = (0..self.list.len()).filter(|index| self.list[*index].is_named(spec)).collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let failure = Failure::new(format!("`{option} {spec}` names no macro package of this project"));
        let other = self.plan.units.iter().find(|unit| is_named(spec, &unit.package, &unit.name, &unit.version));
        if let Some(unit) = other {
            return Err(failure.note(format!("{} has no procedural macros", unit.named())));
        }
        let names = self.list.iter().map(|it| it.name);
        Err(failure.help(near(spec, names).unwrap_or_else(|| {
            "only macros that this command line uses are known; `--workspace` and `--all-targets` include more"
                .to_owned()
        })))
    }

    /// Whether `name` alone leaves open which package is meant.
    pub(crate) fn has_versions(&self, name: &str) -> bool {
        let versions: BTreeSet<_> = self.list.iter().filter(|it| it.name == name).map(|it| it.package).collect();
        versions.len() > 1
    }
}

impl<'a> Macro<'a> {
    fn of(plan: &'a Plan, units: Vec<usize>, keys: &mut Keys<'_>) -> Macro<'a> {
        let unit: &Unit = &plan.units[units[0]];
        let closure = units.iter().flat_map(|unit| plan.closure(*unit, |_| false));
        let mut changeable = closure.filter(|unit| plan.units[*unit].is_changeable()).collect::<Vec<_>>();
        // If the macro itself is one, that is what people expect to read.
        changeable.sort_by_key(|index| (!units.contains(index), *index));
        Macro {
            package: &unit.package,
            name: &unit.name,
            version: &unit.version,
            krate: &unit.krate,
            features: &unit.features,
            src: unit.src.as_deref(),
            changeable: changeable.first().map(|index| plan.units[*index].named()),
            key: keys.of(&units),
            units,
        }
    }

    pub(crate) fn named(&self) -> Named<'a> {
        Named(self.name, self.version)
    }

    /// Whether `spec` names it.
    pub(crate) fn is_named(&self, spec: &str) -> bool {
        is_named(spec, self.package, self.name, self.version)
    }
}

/// Whether `spec` (`NAME`, `NAME@VERSION` or a package id) names a package. A version may be cut off at a dot, as with Cargo.
pub(crate) fn is_named(spec: &str, package: &str, name: &str, version: &str) -> bool {
    if spec == name || spec == package {
        return true;
    }
    let Some(wanted) = spec.strip_prefix(name).and_then(|rest| rest.strip_prefix('@')) else { return false };
    match version.strip_prefix(wanted) {
        Some(rest) => rest.is_empty() || !wanted.is_empty() && rest.starts_with('.'),
        None => false,
    }
}

/// A question after the name that is most like `spec`, if one is.
pub(crate) fn near<'n>(spec: &str, names: impl Iterator<Item = &'n str>) -> Option<String> {
    let wanted = spec.split('@').next().unwrap_or(spec);
    let mut near: Vec<(f64, &str)> =
        names.map(|name| (strsim::jaro_winkler(wanted, name), name)).filter(|(likeness, _)| *likeness > 0.8).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    near.dedup();
    let names: Vec<String> = near.iter().take(3).map(|(_, name)| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => None,
        [name] => Some(format!("did you mean {name}?")),
        names => Some(format!("did you mean one of {}?", names.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_may_be_cut_off_only_at_a_dot() {
        // `syn@1` must not mean `syn` 10.
        let named = |spec| is_named(spec, "registry+x#syn@1.0.9", "syn", "1.0.9");
        assert!(
            named("syn") && named("syn@1") && named("syn@1.0") && named("syn@1.0.9") && named("registry+x#syn@1.0.9")
        );
        assert!(
            !named("sy")
                && !named("syn@")
                && !named("syn@1.")
                && !named("syn@2")
                && !named("syn@1.0.90")
                && !named("synstructure")
        );
        assert!(!is_named("syn@1", "", "syn", "10.0.0"));
    }

    #[test]
    fn names_that_are_alike_are_proposed() {
        // A typing error is the usual reason for a name that is not there.
        let near = |spec| near(spec, ["serde_derive", "thiserror-impl", "clap_derive"].into_iter());
        assert_eq!(near("serd_derive").unwrap(), "did you mean `serde_derive`?");
        assert_eq!(near("zzz"), None);
    }
}
