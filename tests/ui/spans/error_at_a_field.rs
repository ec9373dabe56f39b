// A derive's error points at the type of a field.
//@ wasm: spans

#[derive(spans::NoFloats)]
struct Measurement {
    count: u32,
    weight: f32, //~ ERROR: floats are not allowed here
    name: &'static str,
    größe: f32, //~ ERROR: floats are not allowed here
}

fn main() {}
