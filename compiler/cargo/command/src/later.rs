//! What macros are refused after everything is compiled: in the examples of the documentation, which Cargo compiles when it runs them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::asked::Records;
use crate::decision::Decision;
use crate::failure::Failure;
use crate::grants::Grants;
use crate::plan::outer;
use crate::refusals;
use crate::resolve::Resolver;
use crate::split::CargoLine;
use crate::wants::{Want, missing};

/// What has to be known of the macros of a build to say what they were refused.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Used {
    project: PathBuf,
    target_dir: PathBuf,
    modules: Vec<Known>,
}

/// A macro that runs from Wasm.
#[derive(Serialize, Deserialize)]
struct Known {
    package: String,
    name: String,
    /// The package, as Cargo writes it for people.
    named: String,
    digest: String,
    /// The key below `[permissions]` for it.
    key: String,
    grants: Grants,
}

impl Used {
    pub(crate) fn of(resolver: &Resolver<'_>) -> Used {
        let plan = resolver.macros.plan;
        let modules = resolver.decisions.iter().filter_map(|(index, decision)| {
            let Decision::Wasm(module) = decision else { return None };
            let it = &resolver.macros.list[*index];
            Some(Known {
                package: it.package.to_owned(),
                name: it.name.to_owned(),
                named: it.named().to_string(),
                digest: module.digest.clone(),
                key: resolver.project.permissions.key_for(it, resolver.macros),
                grants: resolver.project.permissions.of(it),
            })
        });
        Used { project: plan.project().to_owned(), target_dir: plan.target_dir.clone(), modules: modules.collect() }
    }

    /// See [`Plan::outer`](crate::plan::Plan::outer).
    pub(crate) fn outer(&self) -> Option<(&'static str, OsString)> {
        outer(&self.project, &self.target_dir)
    }

    /// The error about what compilers have refused, if they have. It is noted for `permissions`.
    pub(crate) fn refused(&self, refusals: &Path, line: &CargoLine) -> Option<Failure> {
        let find = |package: &str, digest: &str| {
            self.modules.iter().position(|known| known.package == package && known.digest == digest)
        };
        let records = Records::of(&self.target_dir);
        let mut wants: BTreeMap<&str, Want> = BTreeMap::new();
        for (index, refused) in refusals::of_known(refusals, &self.project, find) {
            let known = &self.modules[index];
            // If it cannot be kept, only `permissions` knows nothing of it.
            _ = records.add(&known.package, &known.digest, known.grants.clone(), std::slice::from_ref(&refused));
            let want = wants.entry(&known.package).or_insert_with(|| Want {
                index,
                named: known.named.clone(),
                name: known.name.clone(),
                key: known.key.clone(),
                things: Vec::new(),
                is_stuck: false,
            });
            want.add(refused.in_words(), refused.line);
        }
        let wants: Vec<Want> = wants.into_values().collect();
        (!wants.is_empty()).then(|| missing(&wants, line))
    }
}
