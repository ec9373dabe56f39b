// Every kind of token comes back from a module made for watt as it went there.
//@ watt: tokens
//@ run

#[derive(tokens::Nothing)]
#[helper]
#[tokens::same_item(of no, "interest")]
struct Size<'a, const N: usize> {
    #[helper(on = "a field")]
    größe: &'a [u8; N],
    r#match: i128,
}

macro_rules! by_example {
    ($value:expr, $name:ident) => {{
        fn five() -> i32 {
            5
        }
        let $name = $value;
        tokens::same!($name * 2 + $crate::seven() + five())
    }};
}

fn seven() -> i32 {
    7
}

tokens::same! {
    fn literals() -> (u8, f64, &'static str, &'static str, char, u8, &'static [u8], &'static std::ffi::CStr, i64) {
        (1u8, 1.5e3, "text\n\u{1f980}", r#"raw "text""#, '\'', b'x', b"bytes\xff", c"C", -0x7f_i64)
    }
}

fn main() {
    let size = Size { größe: &[1, 2], r#match: -1 };
    println!("{} {} {:?}", size.größe.len(), size.r#match, literals());
    'label: loop {
        tokens::same!(break 'label;);
    }
    println!("{}", by_example!(1 + 2, inner));
    println!("{:?}", tokens::same!([{ 1..=3 }, { 4..=5 }].map(|range| range.sum::<i32>())));
}
