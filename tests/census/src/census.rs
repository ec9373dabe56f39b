//! What is run, in which order, and where results go.

use std::path::PathBuf;
use std::time::Instant;

use crate::list::{self, Entry};
use crate::load::{Loads, TOGETHER};
use crate::page;
use crate::results::{Load, Results, Tests, Verdict, replace};
use crate::suite;
use crate::work::{Stop, Work};

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The directory with the list and the results.
    pub room: PathBuf,
    /// Only these crates; all if there are none.
    pub only: Vec<String>,
    /// Also what has a result of this toolchain.
    pub again: bool,
    /// Leave out the tests.
    pub no_tests: bool,
    /// Leave out loading: only the tests of crates of which it is known how they load.
    pub no_loads: bool,
}

/// How urgent it is to run something: what has no result comes first, then what was not as natively, then what another toolchain has
/// done. What this toolchain has done is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    Unknown,
    Bad,
    Old,
}

fn urgency(result: Option<(Verdict, &str)>, toolchain: &str, again: bool) -> Option<Urgency> {
    match result {
        None => Some(Urgency::Unknown),
        Some((_, of)) if of == toolchain && !again => None,
        Some((Verdict::Different, _)) => Some(Urgency::Bad),
        Some(_) => Some(Urgency::Old),
    }
}

/// Runs what is to be run, and writes each result as soon as it is there.
///
/// # Errors
///
/// If the census cannot be begun, or what stopped it is neither a result nor the time.
pub fn run(request: &Request, work: &Work) -> Result<(), Stop> {
    let text = Stop::Machine;
    let entries = list::read(&request.room.join("crates.toml")).map_err(text)?;
    let mut results = Results::open(&request.room.join("results.toml")).map_err(text)?;
    results.keep(|name| entries.iter().any(|entry| entry.name == name));
    if let Some(name) = request.only.iter().find(|name| !entries.iter().any(|entry| entry.name == **name)) {
        return Err(Stop::Machine(format!("`{name}` is not in the list")));
    }
    let ended = pieces(request, work, &entries, &mut results);
    save(request, &entries, &results)?;
    match ended {
        Err(Stop::TimeIsUp) => {
            eprintln!("[census] the time is up; the same command goes on");
            Ok(())
        }
        other => other,
    }
}

fn save(request: &Request, entries: &[Entry], results: &Results) -> Result<(), Stop> {
    let written =
        results.save().and_then(|()| replace(&request.room.join("README.md"), &page::render(entries, results)));
    written.map_err(Stop::Machine)
}

fn pieces(request: &Request, work: &Work, entries: &[Entry], results: &mut Results) -> Result<(), Stop> {
    work.check()?;
    let loads = Loads::lay(work, entries)?;
    let todo = chosen(request, entries, |entry| {
        let known = results.of(&entry.name, &entry.version).and_then(|record| record.load.as_ref());
        if request.no_loads {
            return None;
        }
        urgency(known.map(|load| (load.verdict, &*load.toolchain)), &work.identity, request.again)
    });
    for (number, some) in todo.chunks(TOGETHER).enumerate() {
        work.check()?;
        let start = Instant::now();
        for (entry, load) in loads.load(some)? {
            say_load(entry, &load);
            results.set(&entry.name, &entry.version, |record| record.load = Some(load));
        }
        eprintln!(
            "[census] loaded {} of {}, {} s",
            number * TOGETHER + some.len(),
            todo.len(),
            start.elapsed().as_secs()
        );
        save(request, entries, results)?;
        work.tidy();
    }
    if request.no_tests {
        return Ok(());
    }
    let todo = chosen(request, entries, |entry| {
        let known = results.of(&entry.name, &entry.version).and_then(|record| record.tests.as_ref());
        urgency(known.map(|tests| (tests.verdict, &*tests.toolchain)), &work.identity, request.again)
    });
    for entry in todo {
        work.check()?;
        // Its macros are all there, or the tests have nothing to tell.
        let record = results.of(&entry.name, &entry.version);
        let Some(load) = record.and_then(|record| record.load.as_ref()) else { continue };
        if load.verdict == Verdict::NotRun {
            let tests = Tests::not_run("the crate does not load, not even natively", &work.identity);
            results.set(&entry.name, &entry.version, |record| record.tests = Some(tests));
            continue;
        }
        let start = Instant::now();
        let tests = suite::compare(work, entry, &loads.lock_file())?;
        say_tests(entry, &tests, start.elapsed().as_secs());
        results.set(&entry.name, &entry.version, |record| record.tests = Some(tests));
        save(request, entries, results)?;
        work.tidy();
    }
    Ok(())
}

/// The crates that are to be run, the most urgent ones first, and of these the lightest.
fn chosen<'a>(request: &Request, entries: &'a [Entry], urgency: impl Fn(&Entry) -> Option<Urgency>) -> Vec<&'a Entry> {
    let is_asked = |entry: &&Entry| request.only.is_empty() || request.only.contains(&entry.name);
    let mut todo: Vec<(Urgency, usize, &Entry)> = entries
        .iter()
        .filter(is_asked)
        .filter_map(|entry| Some((urgency(entry)?, suite::cost(entry), entry)))
        .collect();
    todo.sort_by_key(|(urgency, cost, _)| (*urgency, *cost));
    todo.into_iter().map(|(.., entry)| entry).collect()
}

fn say_load(entry: &Entry, load: &Load) {
    let end = match load.verdict {
        Verdict::Equal => return,
        Verdict::Different => format!("does NOT load: {}", load.reason),
        Verdict::NotRun => format!("not run: {}", load.reason),
    };
    eprintln!("[census] {} {}: {end}", entry.name, entry.version);
}

fn say_tests(entry: &Entry, tests: &Tests, seconds: u64) {
    let Tests { passed, failed, diagnostics, programs, reason, .. } = tests;
    let end = match tests.verdict {
        Verdict::Equal => format!("equal: {passed} pass, {failed} fail, {diagnostics} messages, {programs} programs"),
        Verdict::Different => format!("DIFFERENT: {reason}"),
        Verdict::NotRun => format!("not run: {reason}"),
    };
    eprintln!("[census] tests of {} {}, {seconds} s: {end}", entry.name, entry.version);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_this_toolchain_has_done_is_not_done_again() {
        // A census takes hours, so it goes on where it stopped.
        assert_eq!(urgency(None, "t", false), Some(Urgency::Unknown));
        assert_eq!(urgency(Some((Verdict::Equal, "t")), "t", false), None);
        assert_eq!(urgency(Some((Verdict::Different, "t")), "t", false), None);
        assert_eq!(urgency(Some((Verdict::Equal, "t")), "t", true), Some(Urgency::Old));
        assert_eq!(urgency(Some((Verdict::NotRun, "old")), "t", false), Some(Urgency::Old));
        assert_eq!(urgency(Some((Verdict::Different, "old")), "t", false), Some(Urgency::Bad));
    }

    #[test]
    fn the_most_urgent_come_first_and_only_what_is_asked_for() {
        let entries = list::parse("[d]\na.version = '1'\nb.version = '1'\nc.version = '1'\ne.version = '1'").unwrap();
        let of = |entry: &Entry| match &*entry.name {
            "a" => Some(Urgency::Old),
            "b" => None,
            "c" => Some(Urgency::Bad),
            _ => Some(Urgency::Unknown),
        };
        let names = |request: &Request| {
            chosen(request, &entries, of).iter().map(|entry| entry.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&Request::default()), ["e", "c", "a"]);
        let only = ["a", "b", "e"].map(str::to_owned).into();
        assert_eq!(names(&Request { only, ..Request::default() }), ["e", "a"]);
    }
}
