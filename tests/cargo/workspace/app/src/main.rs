//! Says in a line what the local macros have made.

fn main() {
    println!("{}; macros: {}; {}", app::GREETING, app::BUILT_FOR, app::WORDS.join(" "));
}
