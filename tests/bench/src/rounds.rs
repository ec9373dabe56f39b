//! Rounds of interleaved measurements, and what they say together.

use anyhow::Result;

/// The samples of one thing, one a round.
#[derive(Clone, Debug, Default)]
pub struct Samples(pub Vec<f64>);

impl Samples {
    /// The smallest sample: what it costs when nothing else runs.
    pub fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The median sample.
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        match sorted.len() {
            0 => f64::NAN,
            len if len % 2 == 1 => sorted[len / 2],
            len => (sorted[len / 2 - 1] + sorted[len / 2]) / 2.0,
        }
    }

    /// This divided by `base`, of the same rounds.
    pub fn ratio(&self, base: &Samples) -> Comparison {
        let pairs = self.0.iter().zip(&base.0).map(|(this, base)| this / base);
        Comparison::of(Samples(pairs.collect()), self.min() / base.min())
    }

    /// What this is above `base`, of the same rounds.
    pub fn above(&self, base: &Samples) -> Comparison {
        let pairs = self.0.iter().zip(&base.0).map(|(this, base)| this - base);
        Comparison::of(Samples(pairs.collect()), self.min() - base.min())
    }
}

/// Two ways to say how one thing compares to another.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    /// The median of the pairs' comparisons. Aims are held against this one.
    pub median: f64,
    /// The comparison of the two minima.
    pub min: f64,
    /// How many pairs there are.
    pub rounds: usize,
}

impl Comparison {
    fn of(pairs: Samples, min: f64) -> Comparison {
        Comparison { median: pairs.median(), min, rounds: pairs.0.len() }
    }
}

/// Measures `things` in `rounds` rounds and returns each one's measurements. Every other round goes backwards, so that none
/// always has the same predecessor. A round before the first fills the system's file cache and is not counted.
pub fn interleaved<T, M>(rounds: usize, things: &[T], mut measure: impl FnMut(&T) -> Result<M>) -> Result<Vec<Vec<M>>> {
    let mut results: Vec<Vec<M>> = things.iter().map(|_| Vec::with_capacity(rounds)).collect();
    for thing in things {
        measure(thing)?;
    }
    for round in 0..rounds {
        let mut order: Vec<usize> = (0..things.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            results[index].push(measure(&things[index])?);
        }
    }
    Ok(results)
}

/// One number of each measurement.
pub fn samples<M>(measurements: &[M], number: impl Fn(&M) -> f64) -> Samples {
    Samples(measurements.iter().map(number).collect())
}
