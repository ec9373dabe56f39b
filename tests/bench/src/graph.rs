//! A build's graph of units on a machine with other cores than this one's, simulated from what Cargo logs.
//!
//! `cargo build -j1 -Zbuild-analysis` writes each unit, what it depends on, and when it started and ended, as lines of JSON. With one
//! job nothing else runs beside a unit, so its time is its own. The simulation starts what is ready, the longest way to
//! the end first. A library is ready when the metadata of those that it depends on is, as in Cargo.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// One thing that Cargo does: it compiles a target, or runs a build script.
#[derive(Clone, Debug, Default)]
struct Unit {
    dependencies: Vec<usize>,
    /// Whether it is a library and no macro: then metadata of dependencies is enough.
    needs_metadata_only: bool,
    /// Seconds since Cargo's start.
    started: Option<f64>,
    metadata: Option<f64>,
    finished: Option<f64>,
}

/// The units of one graph that were not up to date.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    units: BTreeMap<usize, Unit>,
}

impl Graph {
    /// Reads a log. `macros` are the identifiers of packages with a macro.
    pub fn read(log: &str, macros: &BTreeSet<String>) -> Result<Graph> {
        let mut graph = Graph::default();
        for line in log.lines() {
            let message: Value = serde_json::from_str(line).context("Cargo's log is no JSON")?;
            let Some(index) = message["index"].as_u64() else { continue };
            let unit = graph.units.entry(usize::try_from(index)?).or_default();
            let elapsed = message["elapsed"].as_f64();
            match message["reason"].as_str() {
                Some("unit-registered") => {
                    let dependencies = message["dependencies"].as_array().into_iter().flatten();
                    unit.dependencies = dependencies.filter_map(|it| usize::try_from(it.as_u64()?).ok()).collect();
                    let is_macro = message["package_id"].as_str().is_some_and(|id| macros.contains(id));
                    unit.needs_metadata_only =
                        message["target"]["kind"] == "lib" && message["mode"] == "build" && !is_macro;
                }
                Some("unit-started") => unit.started = elapsed,
                Some("unit-rmeta-finished") => unit.metadata = elapsed,
                Some("unit-finished") => unit.finished = elapsed,
                _ => {}
            }
        }
        graph.units.retain(|_, unit| unit.started.is_some() && unit.finished.is_some());
        Ok(graph)
    }

    /// From the start of the first unit to the end of the last one, in seconds, as it was.
    pub fn span(&self) -> f64 {
        let first = self.units.values().filter_map(|unit| unit.started).fold(f64::INFINITY, f64::min);
        let last = self.units.values().filter_map(|unit| unit.finished).fold(0.0, f64::max);
        (last - first).max(0.0)
    }

    /// The same on so many cores.
    pub fn simulate(&self, cores: usize) -> f64 {
        let order = self.by_way_to_the_end();
        // When each unit has its metadata, and when it has ended.
        let mut ends: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
        let mut free = vec![0.0; cores];
        let mut waiting: Vec<usize> = order;
        let mut now = 0.0;
        while !waiting.is_empty() {
            let ready = |index: &usize| self.ready(*index, &ends);
            let core = free.iter().position(|free| *free <= now);
            let next = waiting.iter().position(|index| ready(index).is_some_and(|time| time <= now));
            if let (Some(core), Some(next)) = (core, next) {
                let index = waiting.remove(next);
                let unit = &self.units[&index];
                free[core] = now + unit.seconds();
                ends.insert(index, (now + unit.seconds_to_metadata(), free[core]));
                continue;
            }
            // Nothing can start now: on to the next moment at which a core or a unit's dependency is done.
            let moments = ends.values().flat_map(|&(metadata, end)| [metadata, end]).filter(|time| *time > now);
            let Some(next) = moments.min_by(f64::total_cmp) else { break };
            now = next;
        }
        ends.values().map(|(_, end)| *end).fold(0.0, f64::max)
    }

    /// When all is there that a unit depends on; nothing if some of it has not started.
    fn ready(&self, index: usize, ends: &BTreeMap<usize, (f64, f64)>) -> Option<f64> {
        let unit = &self.units[&index];
        let mut time = 0.0_f64;
        for dependency in unit.dependencies.iter().filter(|it| self.units.contains_key(it)) {
            let &(metadata, end) = ends.get(dependency)?;
            time = time.max(if unit.needs_metadata_only { metadata } else { end });
        }
        Some(time)
    }

    /// All units, those first after which there is most to do in a row.
    fn by_way_to_the_end(&self) -> Vec<usize> {
        let mut ways: BTreeMap<usize, f64> = BTreeMap::new();
        let mut users: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, unit) in &self.units {
            for dependency in &unit.dependencies {
                users.entry(*dependency).or_default().push(*index);
            }
        }
        for index in self.units.keys() {
            self.way(*index, &users, &mut ways);
        }
        let mut order: Vec<usize> = self.units.keys().copied().collect();
        order.sort_by(|one, other| ways[other].total_cmp(&ways[one]));
        order
    }

    fn way(&self, index: usize, users: &BTreeMap<usize, Vec<usize>>, ways: &mut BTreeMap<usize, f64>) -> f64 {
        if let Some(way) = ways.get(&index) {
            return *way;
        }
        let after = users.get(&index).into_iter().flatten().map(|user| self.way(*user, users, ways));
        let way = self.units[&index].seconds() + after.fold(0.0, f64::max);
        ways.insert(index, way);
        way
    }
}

impl Unit {
    fn seconds(&self) -> f64 {
        self.finished.unwrap_or(0.0) - self.started.unwrap_or(0.0)
    }

    /// What others wait for that need metadata only. Macros and build scripts have to end.
    fn seconds_to_metadata(&self) -> f64 {
        self.metadata.map_or(self.seconds(), |metadata| metadata - self.started.unwrap_or(0.0))
    }
}

/// What ratios are together. None of them is 0.
pub fn geometric_mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Units as (kind, dependencies, seconds to metadata if they are told, seconds), run one after the other.
    fn graph(units: &[(&str, &[usize], Option<f64>, f64)]) -> Graph {
        let mut log = String::from("{\"reason\":\"build-started\",\"jobs\":1}\n");
        let mut now = 5.0;
        for (index, (kind, dependencies, metadata, seconds)) in units.iter().enumerate() {
            let mut line = |reason: &str, elapsed: f64| {
                let id = format!("p{index}");
                let message = serde_json::json!({
                    "reason": reason, "index": index, "elapsed": elapsed, "dependencies": dependencies,
                    "package_id": id, "mode": "build", "target": { "kind": if *kind == "bin" { "bin" } else { "lib" } },
                });
                log += &format!("{message}\n");
            };
            line("unit-registered", 0.0);
            line("unit-started", now);
            if let Some(metadata) = metadata {
                line("unit-rmeta-finished", now + metadata);
            }
            now += seconds;
            line("unit-finished", now);
        }
        let macros = (0..units.len()).filter(|index| units[*index].0 == "macro").map(|index| format!("p{index}"));
        Graph::read(&log, &macros.collect()).unwrap()
    }

    #[track_caller]
    fn takes(graph: &Graph, cores: usize, seconds: f64) {
        let found = graph.simulate(cores);
        assert!((found - seconds).abs() < 1e-9, "{found} instead of {seconds}");
    }

    #[test]
    fn a_library_starts_at_metadata_and_a_program_at_the_end() {
        let with = |kind| graph(&[("lib", &[], Some(1.0), 4.0), (kind, &[0], None, 2.0)]);
        takes(&with("lib"), 4, 4.0);
        takes(&with("bin"), 4, 6.0);
        takes(&with("macro"), 4, 6.0);
        // A macro has metadata for nobody.
        takes(&graph(&[("macro", &[], None, 4.0), ("lib", &[0], None, 2.0)]), 4, 6.0);
    }

    #[test]
    fn cores_are_a_bound_and_the_longest_way_goes_first() {
        let graph = graph(&[
            ("lib", &[], None, 1.0),
            ("lib", &[], None, 1.0),
            ("lib", &[], None, 3.0),
            ("bin", &[2], None, 1.0),
        ]);
        takes(&graph, 1, 6.0);
        takes(&graph, 2, 4.0);
        takes(&graph, 4, 4.0);
        assert_eq!(graph.span(), 6.0);
    }

    #[test]
    fn what_is_up_to_date_costs_nothing() {
        let log = r#"{"reason":"unit-registered","index":0,"target":{"kind":"lib"},"mode":"build"}
{"reason":"unit-registered","index":1,"target":{"kind":"bin"},"mode":"build","dependencies":[0]}
{"reason":"unit-started","index":1,"elapsed":1.0}
{"reason":"unit-finished","index":1,"elapsed":3.0}"#;
        takes(&Graph::read(log, &BTreeSet::new()).unwrap(), 4, 2.0);
        assert_eq!(Graph::default().simulate(4), 0.0);
        assert_eq!(Graph::default().span(), 0.0);
    }

    #[test]
    fn the_mean_of_ratios_is_geometric() {
        assert!((geometric_mean(&[0.5, 2.0]) - 1.0).abs() < 1e-9);
    }
}
