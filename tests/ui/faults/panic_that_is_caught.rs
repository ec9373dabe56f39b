// A panic that the macro catches is the macro's business: message, destructors, and those of refused requests.
//@ wasm: faults
//@ run

fn main() {
    println!("{}", faults::catches!());
    println!("{}", faults::catches_refusal!());
    println!("{}", faults::unwinds!());
}
