// A component of the component model, which other tools make of a module.
//@ bad: component
//@ error-in-other-file: a WebAssembly component, not a core module

fn main() {
    plain::plain!();
}
