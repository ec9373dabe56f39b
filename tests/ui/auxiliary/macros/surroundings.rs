//! Macros that look around: environment, streams, files, threads, clocks.

extern crate proc_macro;
use proc_macro::TokenStream;

fn text(text: &str) -> TokenStream {
    format!("{text:?}").parse().unwrap()
}

/// The value of an environment variable of the compiler.
#[proc_macro]
pub fn variable(input: TokenStream) -> TokenStream {
    text(&std::env::var(input.to_string()).unwrap_or_else(|error| error.to_string()))
}

/// Writes to both streams of the compiler.
#[proc_macro]
pub fn speak(input: TokenStream) -> TokenStream {
    println!("to stdout: {input}");
    eprintln!("to stderr: {input}");
    print!("unfinished {input}");
    TokenStream::new()
}

/// Reads a file that is there.
#[proc_macro]
pub fn file(_input: TokenStream) -> TokenStream {
    text(match std::fs::read("/proc/self/exe") {
        Ok(_) => "read",
        Err(_) => "not read",
    })
}

/// Expects to read a file.
#[proc_macro]
pub fn needs_file(_input: TokenStream) -> TokenStream {
    let content = std::fs::read_to_string("/etc/hostname").expect("this macro wants its file");
    text(&content)
}

/// Starts a thread.
#[proc_macro]
pub fn thread(_input: TokenStream) -> TokenStream {
    text(match std::thread::Builder::new().spawn(|| 1) {
        Ok(_) => "started",
        Err(_) => "not started",
    })
}

/// Uses hash maps and clocks, which need randomness and time.
#[proc_macro]
pub fn hash_and_clock(_input: TokenStream) -> TokenStream {
    let map: std::collections::HashMap<&str, usize> = ["a", "b", "c"].into_iter().zip(0..).collect();
    let start = std::time::Instant::now();
    let later = std::time::SystemTime::UNIX_EPOCH < std::time::SystemTime::now();
    let sum: usize = map.values().sum();
    format!("({sum}, {later}, {})", start <= std::time::Instant::now()).parse().unwrap()
}

#[cfg(target_family = "wasm")]
const BUILT_FOR: &str = "wasm";
#[cfg(not(target_family = "wasm"))]
const BUILT_FOR: &str = "native";

/// What the macro crate knows of its own compilation.
#[proc_macro]
pub fn built_for(_input: TokenStream) -> TokenStream {
    text(BUILT_FOR)
}

/// The arguments that the macro sees.
#[proc_macro]
pub fn has_arguments(_input: TokenStream) -> TokenStream {
    format!("{}", std::env::args().count() > 0).parse().unwrap()
}

/// Makes, changes and drops vectors of all sizes, and says how many of them ever had other bytes than were put there.
#[proc_macro]
pub fn many_blocks(_input: TokenStream) -> TokenStream {
    let mut seed = 1u32;
    let mut below = |end: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) % end
    };
    let mut blocks: Vec<(u8, Vec<u8>)> = Vec::new();
    let mut wrong = 0;
    let mut check = |(byte, block): &(u8, Vec<u8>)| wrong += usize::from(block.iter().any(|other| other != byte));
    for round in 0..20_000 {
        let byte = round as u8;
        match below(4) {
            0 | 1 => blocks.push((byte, vec![byte; below(700) as usize])),
            2 if !blocks.is_empty() => check(&blocks.swap_remove(below(blocks.len() as u32) as usize)),
            _ if !blocks.is_empty() => {
                let block = below(blocks.len() as u32) as usize;
                let (byte, block) = &mut blocks[block];
                block.resize(below(700) as usize, *byte);
                block.shrink_to_fit();
            }
            _ => {}
        }
    }
    blocks.iter().for_each(check);
    // Aligned to more than every allocator does by itself, and zeros.
    #[repr(align(64))]
    struct Wide(u8);
    let wide: Vec<Box<Wide>> = (0..100).map(|byte| Box::new(Wide(byte))).collect();
    let is_aligned = wide.iter().all(|wide| (&raw const **wide).addr() % 64 == 0);
    let sum: u32 = wide.iter().map(|wide| u32::from(wide.0)).sum();
    let zeros = (0..600).all(|len| vec![0u8; len].iter().all(|&byte| byte == 0));
    format!("({wrong}, {is_aligned}, {sum}, {zeros})").parse().unwrap()
}
