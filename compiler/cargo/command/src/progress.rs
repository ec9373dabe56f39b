//! How far the building of modules is: a bar on a terminal, lines elsewhere.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::plan::Named;
use crate::shell::Shell;
use crate::toolchain::GUEST_TARGET;

/// How often the bar is drawn anew while nothing happens.
const TICK: Duration = Duration::from_millis(250);

/// One call that builds.
pub(crate) struct Progress<'a> {
    shell: &'a Shell,
    total: u64,
    done: u64,
    started: Instant,
    /// Once something has to be built. Until then there is nothing to show.
    bar: Option<ProgressBar>,
    /// The packages that are worked on, by id.
    active: Vec<(String, String)>,
    /// The packages that were named already: each has several units.
    named: BTreeSet<String>,
    worked: bool,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(shell: &'a Shell) -> Progress<'a> {
        let (total, done) = (0, 0);
        let (active, named) = (Vec::new(), BTreeSet::new());
        Progress { shell, total, done, started: Instant::now(), bar: None, active, named, worked: false }
    }

    pub(crate) fn total(&mut self, units: u64) {
        self.total = units;
    }

    pub(crate) fn begins(&mut self, package: &str, name: &str, version: &str) {
        self.worked = true;
        let text = format!("{} ({GUEST_TARGET})", Named(name, version));
        let is_new = self.named.insert(package.to_owned());
        if self.shell.has_bar() {
            if is_new && self.shell.is_verbose() {
                self.shell.status("Building", &text);
            }
            self.active.push((package.to_owned(), name.to_owned()));
            self.draw();
        } else if is_new {
            self.shell.status("Building", &text);
        }
    }

    pub(crate) fn ends(&mut self, package: &str) {
        self.done += 1;
        if let Some(index) = self.active.iter().position(|(active, _)| active == package) {
            self.active.remove(index);
        }
        if self.bar.is_some() {
            self.draw();
        }
    }

    /// Takes the bar away and says how many modules were made.
    pub(crate) fn finish(mut self, modules: usize) {
        self.remove_bar();
        if self.worked && modules > 0 {
            let plural = if modules == 1 { "module" } else { "modules" };
            let seconds = self.started.elapsed().as_secs_f64();
            self.shell.status("Finished", format_args!("{modules} {plural} for {GUEST_TARGET} in {seconds:.2}s"));
        }
    }

    fn draw(&mut self) {
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{prefix} [{bar:25}] {pos}/{len}: {wide_msg}")
                .map(|style| style.progress_chars("=> "));
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar.set_prefix(self.shell.verb("Building"));
            bar.enable_steady_tick(TICK);
            self.shell.set_bar(Some(bar.clone()));
            bar
        });
        bar.set_length(self.total.max(self.done + self.active.len() as u64));
        bar.set_position(self.done);
        let mut names: Vec<&str> = self.active.iter().map(|(_, name)| name.as_str()).collect();
        names.dedup();
        bar.set_message(names.join(", "));
    }

    fn remove_bar(&mut self) {
        if let Some(bar) = self.bar.take() {
            self.shell.set_bar(None);
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress<'_> {
    /// An error that ends the call early must not stand behind half a bar.
    fn drop(&mut self) {
        self.remove_bar();
    }
}
