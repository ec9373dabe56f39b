//! What macros need that nobody has granted yet, by package: for errors and for questions.

use std::collections::BTreeMap;

use crate::decision::{Decision, Reason, Trouble};
use crate::failure::{Failure, Result};
use crate::grant::{Grant, section_text};
use crate::line::Line;
use crate::project::FILE_NAME;
use crate::refused::Refused;
use crate::resolve::Resolver;
use crate::split::CargoLine;

/// What a macro package needs.
pub(crate) struct Want {
    /// One of the package's macros.
    pub(crate) index: usize,
    /// The package, as Cargo writes it for people, and its name alone.
    pub(crate) named: String,
    pub(crate) name: String,
    /// The key below `[permissions]` for it.
    pub(crate) key: String,
    /// In words, with the line that grants it.
    pub(crate) things: Vec<(String, Line)>,
    /// Whether it was not refused something, but cannot run from Wasm at all.
    pub(crate) is_stuck: bool,
}

impl Want {
    /// Whether no grant helps but native rights.
    pub(crate) fn is_native(&self) -> bool {
        self.things.iter().any(|(_, line)| *line == Line::Native)
    }

    /// Adds one thing, once.
    pub(crate) fn add(&mut self, text: String, line: Line) {
        if !self.things.contains(&(text.clone(), line.clone())) {
            self.things.push((text, line));
        }
    }

    /// What has to be written so that the package has what it needs.
    pub(crate) fn grant(&self) -> Grant {
        let lines = self.things.iter().map(|(_, line)| line.clone());
        Grant { key: self.key.clone(), lines: if self.is_native() { vec![Line::Native] } else { lines.collect() } }
    }
}

impl Resolver<'_> {
    /// Notes what was refused in a call of Cargo, also for `permissions`.
    pub(crate) fn note_refusals(&mut self, refusals: Vec<(usize, Refused)>) {
        let mut by_macro: BTreeMap<usize, Vec<Refused>> = BTreeMap::new();
        for (index, refused) in &refusals {
            by_macro.entry(*index).or_default().push(refused.clone());
        }
        for (index, refused) in by_macro {
            let it = &self.macros.list[index];
            if let Some(Decision::Wasm(module)) = self.decisions.get(&index) {
                // If it cannot be kept, only `permissions` knows nothing of it.
                _ = self.records.add(it.package, &module.digest, self.project.permissions.of(it), &refused);
            }
        }
        for refusal in refusals {
            if !self.refusals.contains(&refusal) {
                self.refusals.push(refusal);
            }
        }
    }

    /// Lets macros run natively that were refused something, as `on-refusal = "native"` says.
    pub(crate) fn make_refused_native(&mut self) -> Result<()> {
        for (index, refused) in std::mem::take(&mut self.refusals) {
            if matches!(self.decisions.get(&index), Some(Decision::Wasm(_))) {
                let trouble = Trouble::Refused { refused: refused.refused, known: false };
                self.decisions.insert(index, Decision::Native(Reason::Setting(trouble)));
            }
            // The macros with which it is built run from now on.
            let below = self.macros.below(index).into_iter();
            let units: Vec<usize> = below.flat_map(|below| self.macros.list[below].units.clone()).collect();
            self.need(&units)?;
        }
        Ok(())
    }

    /// What macros need, by package.
    pub(crate) fn wants(&self) -> Vec<Want> {
        let mut wants: BTreeMap<&str, Want> = BTreeMap::new();
        let stuck = self.decisions.iter().filter_map(|(index, decision)| match decision {
            Decision::Stuck(trouble) => {
                Some((*index, format!("does not run from Wasm: {trouble}"), Line::Native, true))
            }
            _ => None,
        });
        let refused = self.refusals.iter();
        let refused = refused.map(|(index, it)| (*index, it.in_words(), it.line.clone(), false));
        for (index, text, line, is_stuck) in stuck.chain(refused) {
            let it = &self.macros.list[index];
            let want = wants.entry(it.package).or_insert_with(|| Want {
                index,
                named: it.named().to_string(),
                name: it.name.to_owned(),
                key: self.project.permissions.key_for(it, self.macros),
                things: Vec::new(),
                is_stuck: false,
            });
            want.is_stuck |= is_stuck;
            want.add(text, line);
        }
        wants.into_values().collect()
    }

    /// [`missing`] in this state.
    pub(crate) fn missing(&self, wants: &[Want]) -> Failure {
        missing(wants, self.cargo.line)
    }
}

/// The error that says what is missing, and what to write.
pub(crate) fn missing(wants: &[Want], line: &CargoLine) -> Failure {
    let (count, stuck) = (wants.len(), wants.iter().filter(|want| want.is_stuck).count());
    let macros = if count == 1 { "1 macro package".to_owned() } else { format!("{count} macro packages") };
    let failure = Failure::new(match stuck {
        0 => format!("{macros} asked for something that is not granted"),
        _ if stuck == count => format!("{macros} cannot run from Wasm"),
        _ => format!("{macros} cannot run with what is granted"),
    });
    let note = |failure: Failure, want: &Want| {
        want.things.iter().fold(failure, |failure, (text, _)| failure.note(format!("{}: {text}", want.named)))
    };
    let failure = wants.iter().fold(failure, note);
    let grants: Vec<Grant> = wants.iter().map(Want::grant).collect();
    let mut help = format!("if you trust them, write in `{FILE_NAME}`:\n\n{}", section_text(&grants));
    let native: Vec<&str> = wants.iter().filter(|want| want.is_native()).map(|want| want.name.as_str()).collect();
    if !native.is_empty() {
        help += &format!("\n    native code has all your rights; `{}` allows it once", line.natively(&native));
        if stuck > 0 {
            help += "; `-v` prints more about what failed";
        }
    }
    failure.help(help.trim_end())
}
