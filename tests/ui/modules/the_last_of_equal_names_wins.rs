// Two modules of one name: the last one wins, as with most options, but not silently.
//@ wasm: speaker
//@ wasm: speaker=speaker_changed
//@ run
//@ no-native: `--extern` with two files of one name chooses by other rules

fn main() {
    println!("{}", speaker::speak!());
}
