// A panic is told with its message and no more, as a native macro's is.
// The next expansion has a fresh instance, since the panic has not unwound.
//@ watt: faults

const _: () = match (faults::counts!(), faults::counts!()) {
    (0, 1) => (),
    _ => panic!(),
};

faults::panics!();
//~^ ERROR: proc macro panicked

fn main() {
    let _: [(); 0] = [(); faults::counts!()];
}
