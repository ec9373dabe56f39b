//! The cases in `cases/`, and what is asked of the cases themselves.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use parity::accepted::Accepted;
use parity::case::{self, Case};
use parity::harness::Asked;
use parity::upstream;
use regex::Regex;

/// The topic whose macros are different on purpose: they tell whether the comparison can tell.
const DIFFERENT: &str = "different::";

/// Types that the crate does not export: a user has values of them, and no name.
const NAMELESS: [&str; 1] = ["Children"];

fn main() -> ExitCode {
    let asked = Asked::from_command_line();
    let cases: Vec<Arc<Case>> = match case::all() {
        Ok(cases) => cases.into_iter().map(Arc::new).collect(),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let (different, cases): (Vec<_>, Vec<_>) = cases.into_iter().partition(|case| case.name().starts_with(DIFFERENT));
    let cases = Arc::new(cases);

    let mut trials = Vec::new();
    for case in cases.iter() {
        let checked = Arc::clone(case);
        trials.push(Trial::test(case.name(), move || check(&checked)));
    }
    trials.push(Trial::test("every_channel_tells_different_macros_apart", move || different_macros(&different)));
    trials.push(Trial::test("every_public_item_is_used_by_a_case", public_items));
    trials.push(Trial::test("every_implementation_of_a_trait_is_used_by_a_case", implementations));
    trials.push(Trial::test("every_case_begins_by_saying_why_it_exists", first_lines));
    let all = Arc::clone(&cases);
    trials.push(Trial::test("every_request_of_the_bridge_is_sent_by_a_case", move || requests(&all)));
    match upstream::requests() {
        Ok(requests) => {
            for (number, request) in (0..).zip(requests) {
                let all = Arc::clone(&cases);
                trials.push(Trial::test(format!("wrong_answers::{request}"), move || wrong_answers(&all, number)));
            }
        }
        Err(error) => trials.push(Trial::test("requests_are_known", move || Err(error.into()))),
    }
    let passed = asked.run(trials);

    // Whether a difference is still needed is known when all cases have run.
    let last = if asked.everything() {
        vec![Trial::test("every_accepted_difference_is_needed_by_a_case", stale)]
    } else {
        Vec::new()
    };
    if asked.run(last) && passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A case is the same with both builds of its macros, unless it is listed as one that differs: then it must differ.
fn check(case: &Case) -> Result<(), Failed> {
    let result = case.check();
    match Accepted::get().differs(&case.name()) {
        false => Ok(result?),
        true if result.is_ok() => Err("it is the same now: remove it from `accepted.toml`".into()),
        true => Ok(()),
    }
}

/// A comparison that never fails is none. These macros give other tokens when they are built for Wasm.
fn different_macros(cases: &[Arc<Case>]) -> Result<(), Failed> {
    let mut seen = BTreeSet::new();
    for case in cases {
        for (channel, what) in case.differing_channels()? {
            seen.insert(format!("{channel:?} {what}"));
        }
        if case.check().is_ok() {
            return Err(format!("`{}` stays green", case.name()).into());
        }
    }
    let expected = [
        "Build stderr",
        "Build stdout",
        "DepInfo files",
        "Expanded stderr",
        "Expanded stdout",
        "Hygiene stderr",
        "Hygiene stdout",
        "Json stderr",
        "Json stdout",
        "Program exit code",
        "Program stderr",
        "Program stdout",
    ];
    let missing: Vec<_> = expected.iter().filter(|channel| !seen.contains(**channel)).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!("no difference is seen on {missing:?}, only on {seen:?}").into())
    }
}

fn requests(cases: &[Arc<Case>]) -> Result<(), Failed> {
    let mut sent: BTreeSet<u8> = BTreeSet::new();
    for case in cases {
        sent.extend(case.requests()?);
    }
    let all = upstream::requests()?;
    let missing: Vec<_> =
        (0..).zip(&all).filter(|(number, _)| !sent.contains(number)).map(|(_, request)| request).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("no case sends {missing:?}").into()) }
}

/// Some case that sends the request must turn red when it is answered wrongly.
fn wrong_answers(cases: &[Arc<Case>], request: u8) -> Result<(), Failed> {
    let mut green = Vec::new();
    // What differs anyway notices nothing.
    for case in cases.iter().filter(|case| case.compares() && !Accepted::get().differs(&case.name())) {
        if case.requests()?.contains(&request) {
            match case.notices(request) {
                Ok(()) => return Ok(()),
                Err(error) => green.push(error),
            }
        }
    }
    Err(format!("no case turns red: {green:?}").into())
}

fn public_items() -> Result<(), Failed> {
    let code = upstream::code_of_cases()?;
    let words: BTreeSet<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let names = upstream::public_names()?;
    let usable = names.iter().filter(|name| !NAMELESS.contains(&name.as_str()));
    let missing: Vec<_> = usable.filter(|name| !words.contains(name.as_str())).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("no case uses {missing:?}").into()) }
}

/// The cases call each by `implemented!(TRAIT for TYPE => …)`, which does not compile for what does not exist.
fn implementations() -> Result<(), Failed> {
    let used = Regex::new(r"implemented!\(\w+, (.*? for .*?) =>").expect("it is well formed");
    let code = upstream::code_of_cases()?;
    let used: BTreeSet<&str> =
        used.captures_iter(&code).map(|found| found.get(1).expect("it is there").as_str()).collect();
    let all = upstream::implementations()?;
    let usable = all.iter().filter(|name| !NAMELESS.iter().any(|nameless| name.contains(nameless)));
    let missing: Vec<_> = usable.filter(|name| !used.contains(name.as_str())).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("no case uses {missing:?}").into()) }
}

fn first_lines() -> Result<(), Failed> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    for file in
        tests::command::files(&root).iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
    {
        let text = std::fs::read_to_string(root.join(file))?;
        let first = text.lines().next().unwrap_or_default();
        if !first.starts_with("//! ") || !first.ends_with('.') {
            return Err(format!("`{}` begins with `{first}`", file.display()).into());
        }
    }
    Ok(())
}

fn stale() -> Result<(), Failed> {
    let mut stale = Accepted::get().stale();
    let cases: Vec<String> = case::all()?.iter().map(Case::name).collect();
    let of_api = |name: &&str| !name.starts_with("crates::");
    stale.extend(Accepted::get().cases().filter(of_api).filter(|name| !cases.iter().any(|case| case == name)));
    if stale.is_empty() { Ok(()) } else { Err(format!("no case needs any more: {stale:#?}").into()) }
}
