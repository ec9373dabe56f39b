//! An ordinary library, for macro crates to depend on.

pub fn times_three(n: u64) -> u64 {
    n * 3
}
