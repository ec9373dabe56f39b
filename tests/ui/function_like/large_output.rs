// Output that is larger than any buffer of the bridge comes whole.
//@ wasm: words
//@ run

static NUMBERS: [u32; 20_000] = words::range!(20000);

fn main() {
    println!("{}", NUMBERS.iter().enumerate().all(|(index, number)| index == *number as usize));
}
