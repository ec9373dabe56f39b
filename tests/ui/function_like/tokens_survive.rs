// Every kind of token crosses the bridge and comes back as it was: once untouched, once rebuilt, once as text.
//@ wasm: words
//@ run

macro_rules! through_all {
    ($($tokens:tt)*) => {
        println!("{}", words::text!($($tokens)*));
        println!("{}", words::kinds!($($tokens)*));
        println!("{}", words::count!($($tokens)*));
    };
}

/// An expression that arrives in a group without delimiters.
macro_rules! with_fragments {
    ($e:expr, $t:ty, $i:ident, $l:lifetime, $p:pat, $lit:literal) => {
        println!("{}", words::kinds!($e; $t; $i; $l; $p; $lit));
        println!("{}", words::rebuild!($e * 2));
    };
}

words::rebuild! {
    /// A doc comment is an attribute here.
    #[derive(Debug, Default)]
    struct Rebuilt<'a, const N: usize> where [u8; N]: Sized {
        r#type: Option<&'a [u8; N]>,
    }
}

fn main() {
    through_all!(a r#fn _ 'life 'r#for crate self);
    through_all!(+ += ++ <<= ..= ... -> => :: ; # $ ? ! ~ @ 'c' && || |a| &mut);
    through_all!(1 1u8 1.5 1e3f64 0xff_u64 "s" r"r" r##"a"#b"## b"b" br"b" c"c" 'c' b'b' '\'' "\u{1F980}" 1.method());
    through_all!({ ( [ ] { } ( ) ) } [ a, (b; c), ]);
    through_all!(#[attribute = "value"] #![inner] /* gone */ größe 名前);
    through_all!(a+b a + b a+ b a<-b a < - b x.0.1 -1 - 1);
    with_fragments!(1 + 2, Vec<u8>, name, 'a, Some(_), -5);
    println!("{:?}", Rebuilt::<0>::default().r#type.is_none());
    println!("{}", words::rebuild!({ let v = vec![1, 2, 3]; v.iter().map(|n| n * 2).sum::<i32>() }));
}
