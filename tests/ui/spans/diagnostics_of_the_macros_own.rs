// `proc_macro::Diagnostic`: several spans, notes, help and a warning arrive as natively.
//@ wasm: diagnostics

diagnostics::complain!(these three tokens);
//~^ ERROR: these tokens are unwelcome
//~| WARN: a warning of its own

fn main() {
    let _ = diagnostics::warn!();
    //~^ WARN: the macro is not happy
}
