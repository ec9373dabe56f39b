//! Tokens that are given back in several ways mean what they meant.

tokens::same! {
    /// Documented.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Same<'a, T: 'a + ?Sized> where T: ToString { r#type: u8, reference: &'a T }
}
tokens::rebuild! {
    /// Documented.
    #[derive(Debug, Clone, PartialEq)]
    #[repr(u8)]
    pub enum Rebuilt { A, B(u8), C { r#fn: &'static str } = 3 }
    pub const TEXTS: [&str; 3] = ["\u{1f980}", r#"r"aw"#, "\\"];
    pub const BYTES: (&[u8], u8, &core::ffi::CStr) = (br"\raw", b'\xff', c"cstr");
    pub fn lifetime<'a>(x: &'a u8) -> &'a u8 { if *x >= 3 && *x <= 4 || *x << 1 != 0 { x } else { &0 } }
}
tokens::reparse! {
    /// Documented
    pub fn reparsed(x: u8) -> Option<u8> { (0..=x).filter(|y| y % 2 == 0).map(|y| y.wrapping_add(!0)).last() }
}

fn main() {
    println!("{:?} {:?}", Rebuilt::C { r#fn: "x" }, Rebuilt::B(TEXTS.len() as u8));
    println!("{TEXTS:?} {BYTES:?} {:?} {:?}", lifetime(&4), reparsed(7));
    println!("{:?}", Same { r#type: 1, reference: "x" }.r#type);
    // A group without delimiters keeps its precedence.
    println!("{} {}", 2 * tokens::grouped!(1 + 2), tokens::same!(2 * tokens::grouped!(1 + 2)));
    macro_rules! twice { ($e:expr) => { tokens::same!($e * 2) + tokens::rebuild!($e * 2) } }
    println!("{} {}", twice!(1 + 2), tokens::text!(1 + 2));
}
