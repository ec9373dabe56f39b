// Each fault is one error that says what the module did, and the compiler goes on to the next.
//@ watt: faults

faults::traps!();
//~^ ERROR: procedural macro stopped
faults::recurses!();
//~^ ERROR: procedural macro stopped
faults::malformed!();
//~^ ERROR: procedural macro stopped
faults::no_ident!();
//~^ ERROR: procedural macro stopped
faults::no_literal!();
//~^ ERROR: procedural macro stopped
faults::no_punct!();
//~^ ERROR: procedural macro stopped
faults::no_span!();
//~^ ERROR: procedural macro stopped
faults::no_stream!();
//~^ ERROR: procedural macro stopped
faults::no_string!();
//~^ ERROR: procedural macro stopped
faults::no_memory!();
//~^ ERROR: procedural macro stopped
faults::hoards!();
//~^ ERROR: procedural macro stopped
faults::nests_text!();
//~^ ERROR: procedural macro stopped
faults::nests_output!();
//~^ ERROR: procedural macro stopped

fn main() {}
