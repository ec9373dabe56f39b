//! Runs the census with a toolchain.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::Duration;

use census::census::{Request, run};
use census::work::Work;

const USAGE: &str = "usage: census --toolchain DIR --work DIR --room DIR [--jobs N] [--for MINUTES] [--only NAME,NAME…] [--again] [--no-tests] [--no-loads]";

struct Options {
    toolchain: PathBuf,
    work: PathBuf,
    jobs: usize,
    time: Option<Duration>,
    request: Request,
}

fn main() -> ExitCode {
    let Some(options) = parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let ended = Work::new(options.toolchain, options.work, options.jobs, options.time).and_then(|work| {
        let interruption = work.interruption();
        // Without it the programs that the census has started would go on.
        ctrlc::set_handler(move || interruption.store(true, Ordering::Relaxed)).expect("there is no other handler");
        run(&options.request, &work)
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            eprintln!("error: {stop}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Options> {
    let (mut toolchain, mut work, mut room, mut jobs, mut time) = (None, None, None, 0, None);
    let mut request = Request::default();
    while let Some(option) = arguments.next() {
        match &*option {
            "--again" => request.again = true,
            "--no-tests" => request.no_tests = true,
            "--no-loads" => request.no_loads = true,
            "--toolchain" => toolchain = Some(std::path::absolute(arguments.next()?).ok()?),
            "--work" => work = Some(std::path::absolute(arguments.next()?).ok()?),
            "--room" => room = Some(std::path::absolute(arguments.next()?).ok()?),
            "--jobs" => jobs = arguments.next()?.parse().ok()?,
            "--for" => time = Some(Duration::from_secs(60 * arguments.next()?.parse::<u64>().ok()?)),
            "--only" => request.only.extend(arguments.next()?.split(',').map(str::to_owned)),
            _ => return None,
        }
    }
    request.room = room?;
    Some(Options { toolchain: toolchain?, work: work?, jobs, time, request })
}
