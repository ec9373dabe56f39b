//! Every kind of token, with its spacing and its place.

tokens::dump!();
tokens::dump!(plain r#fn r#plain Übergröße 日本 _ _under crate self Self super);
tokens::dump!('a 'static '_ 'r#fn 'ü);
tokens::dump!(+ - * / % ^ ! & | = < > @ . , ; : # $ ? ~);
tokens::dump!(+= -= *= /= %= ^= |= &= << >> <<= >>= == != >= <= && || :: -> => .. ... ..= <- &&& ||| <<<);
tokens::dump!(a+b a + b a ++b a+ +b 'a+'b .. .0 x.0.1 &'a #[x] #![y] $x $crate);
tokens::dump!(0 1u8 0xff 0b11 0o7 1_000 1e3 1.5 1. 1.5f32 2f64 0xffusize 1suffix);
tokens::dump!('c' '\'' '\n' '\u{1f980}' 'ü' b'c' b'\xff' "s" "\"\\\n" "a\
    b" "日本" r"raw" r#"r"aw"# r##"r"#aw"## b"bytes\x00\xff" br"raw" br#"r"aw"# c"cstr" c"\xff日" cr"raw" cr#"r"aw"#);
tokens::dump!("suffix"s 'c'x b"b"x c"c"x r#"r"#x 1.0e10x);
tokens::dump!(() [] {} (()) ([{}]) { a, (b [c]) } );
tokens::dump!(/* comment */ a // to the end
    b /* nested /* comment */ */ c);
tokens::dump!(/// outer
    /** outer block */ //! inner
    /*! inner "block" */ #[doc = "plain"] x);
tokens::debug!(a + 'b "c" (d) r#e #[f] /// g
);
tokens::dump!(a𝒳b 𝒳 é é);

macro_rules! through {
    ($e:expr, $t:ty, $i:ident, $l:lifetime, $p:path, $lit:literal, $tt:tt, $pat:pat, $b:block, $v:vis, $m:meta, $it:item, $st:stmt) => {
        tokens::dump!($e, $t, $i, $l, $p, $lit, $tt, $pat, $b, $v, $m, $it, $st);
        tokens::debug!($e, $t, $v);
        tokens::dump!($crate::x);
    };
}
through!(1 + 2 * 3, Vec<&'static [u8; 4]>, r#type, 'l, a::b::<C>, -1.5, (t t), Some(x) | None, { b; }, pub(crate), m(x = "y"), fn f<T>() {}, let s = 1);

fn main() {
    println!("{}", tokens::text!(a+b a + b 'a "q\"" r#"raw"# /* lost */ #[x] x::<Y>() { z; } .. .0 $ ~ @));
}
