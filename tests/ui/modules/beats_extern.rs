// `--wasm-proc-macro` beats an `--extern` of the same name: that is how the dependency of a Cargo package is replaced.
//@ native: speaker
//@ wasm: speaker=speaker_changed
//@ run
//@ no-native: it is about the flag

#[derive(speaker::Speak)]
struct Talker;

fn main() {
    println!("{} {}", speaker::speak!(), Talker.speak());
}
