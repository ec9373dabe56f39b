//! Asking at a terminal what macros may have, and writing the answers down.

use std::collections::BTreeSet;

use crate::decision::Decision;
use crate::failure::Result;
use crate::grant::{self, Grant};
use crate::interrupt;
use crate::line::{Line, joined};
use crate::project::FILE_NAME;
use crate::resolve::Resolver;
use crate::wants::Want;

/// How often an answer may be something else than one.
const TRIES: usize = 3;

enum Answer {
    Yes,
    No,
    Natively,
}

/// The answers of this run.
#[derive(Default)]
pub(crate) struct Answers {
    /// What was granted, by package.
    given: BTreeSet<(String, String)>,
}

impl Answers {
    /// Asks about all of this, and writes down what is granted. Says whether it is worth going on.
    pub(crate) fn ask(&mut self, resolver: &mut Resolver<'_>, wants: &[Want]) -> Result<bool> {
        // Who waits for a module of ours must not wait for somebody to come back from lunch.
        resolver.locks.clear();
        let mut grants: Vec<Grant> = Vec::new();
        for want in wants {
            // Granting it once more would help as little.
            if want.things.iter().all(|(_, line)| self.given.contains(&self.entry(resolver, want, line))) {
                return Err(resolver.missing(wants).note("some of this was just granted, but it is refused again"));
            }
            let mut grant = want.grant();
            match put(resolver, want) {
                Answer::Yes => {}
                Answer::Natively => grant.lines = vec![Line::Native],
                Answer::No => continue,
            }
            let entries: Vec<_> = grant.lines.iter().map(|line| self.entry(resolver, want, line)).collect();
            self.given.extend(entries);
            grants.push(grant);
        }
        if !grants.is_empty() {
            resolver.project = grant::write(resolver.macros.plan, &grants)?;
            for grant in &grants {
                let lines = joined(&grant.lines).join(", ");
                resolver.shell.status("Granted", format_args!("{}: {lines} (in `{FILE_NAME}`)", grant.key));
            }
        }
        resolver.refusals.clear();
        // Of what has changed the decision is made anew.
        let is_native = |index: &usize| resolver.project.permissions.native(&resolver.macros.list[*index]).is_some();
        resolver.decisions.retain(|index, decision| match decision {
            Decision::Stuck(_) => false,
            Decision::Wasm(_) | Decision::Build => !is_native(index),
            Decision::Native(_) => true,
        });
        Ok(grants.len() == wants.len())
    }

    fn entry(&self, resolver: &Resolver<'_>, want: &Want, line: &Line) -> (String, String) {
        (resolver.macros.list[want.index].package.to_owned(), line.to_string())
    }
}

/// Puts one question.
fn put(resolver: &Resolver<'_>, want: &Want) -> Answer {
    let shell = resolver.shell;
    let name = &want.named;
    shell.plain(format_args!("\n{name} {}", if want.is_stuck { "needs native rights" } else { "asks for" }));
    let width = want.things.iter().map(|(text, _)| text.chars().count()).max().unwrap_or(0);
    for (text, line) in &want.things {
        shell.plain(format_args!("  {text:width$}  {line}"));
    }
    let may_be_native = !resolver.choice.forbid_native;
    let question = match (want.is_native(), may_be_native) {
        (true, _) => "Run it natively, with all your rights? [`natively`, or no]",
        (false, true) => "Grant it? [yes, no, or `natively`: with all your rights]",
        (false, false) => "Grant it? [yes or no]",
    };
    interrupt::asking(|| {
        for _ in 0..TRIES {
            let typed = shell.question(question);
            return match typed.as_deref() {
                Some("y" | "yes") if !want.is_native() => Answer::Yes,
                Some("natively") if may_be_native => Answer::Natively,
                Some("n" | "no" | "") | None => Answer::No,
                Some(_) => continue,
            };
        }
        Answer::No
    })
}
