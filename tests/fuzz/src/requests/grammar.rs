//! Rust that compiles, made of an input: what comes late in the compiler is reached by nothing else.

use arbitrary::{Result, Unstructured};

/// A delimiter of none, as texts say it: what follows in parentheses is a group without any.
pub(super) const NONE: &str = "none__";

/// How deep expressions are within each other.
const DEPTH: u32 = 3;

/// What fits in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hole {
    Items,
    /// In an `impl`.
    Associated,
    /// Signatures and more in a trait.
    Required,
    Statements,
    /// A value that the compiler computes, or a program.
    Constant(Type),
    Value(Type),
    Pattern(Type),
    Type,
    /// A literal where the compiler wants one.
    Text,
}

/// Types of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Byte,
    Size,
    Signed,
    Float,
    Bool,
    Char,
    Text,
    Bytes,
    CText,
    Struct,
}

use Type::{Bool, Byte, Bytes, CText, Char, Float, Signed, Size, Struct, Text};

const TYPES: [Type; 10] = [Byte, Size, Signed, Float, Bool, Char, Text, Bytes, CText, Struct];

/// Calls of macros, and what fits in them.
pub(super) const CALLS: [(&str, Hole); 38] = [
    ("ops::ops! { @ }", Hole::Items),
    ("ops::ops!(@);", Hole::Items),
    ("fn f(x: (u8, u8)) { ops::ops! { @ } }", Hole::Statements),
    ("pub fn f<X: Copy>(x: X) -> X { ops::ops! { @ } x }", Hole::Statements),
    ("pub async fn f(x: T) { ops::ops! { @ } }", Hole::Statements),
    ("pub fn f(x: T) { let _ = ops::ops!(@); }", Hole::Value(Struct)),
    ("pub fn f(x: T) { let _ = ops::ops!(@); }", Hole::Value(Text)),
    ("pub fn f() -> u8 { ops::ops!(@) }", Hole::Value(Byte)),
    ("pub fn f() -> f64 { ops::ops!(@) }", Hole::Value(Float)),
    ("pub fn f() -> &'static str { ops::ops!(@) }", Hole::Value(Text)),
    ("pub fn f() -> impl Fn() -> i32 { || ops::ops!(@) }", Hole::Value(Signed)),
    ("pub fn f(x: u8) -> u8 { match x { v if ops::ops!(@) => v, _ => 2 } }", Hole::Value(Bool)),
    ("pub const C: u8 = ops::ops!(@);", Hole::Constant(Byte)),
    ("pub const C: i32 = ops::ops!(@);", Hole::Constant(Signed)),
    ("pub const C: f64 = ops::ops!(@);", Hole::Constant(Float)),
    ("pub const C: char = ops::ops!(@);", Hole::Constant(Char)),
    ("pub const C: bool = ops::ops!(@);", Hole::Constant(Bool)),
    ("pub static C: &str = ops::ops!(@);", Hole::Constant(Text)),
    ("pub const C: &[u8] = ops::ops!(@);", Hole::Constant(Bytes)),
    ("pub const C: &core::ffi::CStr = ops::ops!(@);", Hole::Constant(CText)),
    ("pub static C: T = ops::ops!(@);", Hole::Constant(Struct)),
    ("pub fn f(x: [u8; ops::ops!(@)]) {}", Hole::Constant(Size)),
    ("pub fn f() { g::<{ ops::ops!(@) }>(); }", Hole::Constant(Byte)),
    ("#[repr(i32)] pub enum E { A = ops::ops!(@) }", Hole::Constant(Signed)),
    ("pub fn f(x: u8) -> u8 { match x { ops::ops!(@) => 1, _ => 2 } }", Hole::Pattern(Byte)),
    ("pub fn f(x: &str) -> u8 { match x { ops::ops!(@) => 1, _ => 2 } }", Hole::Pattern(Text)),
    ("pub fn f(x: char) -> u8 { if let ops::ops!(@) = x { 1 } else { 2 } }", Hole::Pattern(Char)),
    ("pub type C = ops::ops!(@);", Hole::Type),
    ("pub fn f(x: ops::ops!(@)) {}", Hole::Type),
    ("pub trait R { ops::ops! { @ } }", Hole::Required),
    ("pub struct M; impl M { ops::ops! { @ } }", Hole::Associated),
    ("pub fn f() { println!(\"{} {0:?}\", ops::ops!(@)); }", Hole::Value(Char)),
    ("pub const C: &str = concat!(ops::ops!(@), 1);", Hole::Text),
    ("macro_rules! n { () => { ops::ops!(@) } } pub fn f(x: T) { let _ = n!(); }", Hole::Value(Byte)),
    ("#[ops::attr(@)] fn f(x: T) {}", Hole::Items),
    ("pub struct M; impl M { #[ops::attr(@)] fn f(x: T) {} }", Hole::Associated),
    ("#[derive(ops::Ops)] #[ops(@)] pub struct A<'a, X: Copy>(&'a X);", Hole::Items),
    ("#[derive(ops::Ops, Clone)] #[ops(@)] pub enum A { B { c: u8 }, D }", Hole::Items),
];

/// Makes what fits in a place.
pub(super) fn text(input: &mut Unstructured<'_>, hole: Hole) -> Result<String> {
    Grammar { input, names: 0, is_constant: !matches!(hole, Hole::Value(_)) }.hole(hole)
}

struct Grammar<'a, 'b> {
    input: &'a mut Unstructured<'b>,
    /// How many names there are. Each is another one.
    names: u32,
    /// Whether expressions are computed by the compiler.
    is_constant: bool,
}

impl Grammar<'_, '_> {
    fn hole(&mut self, hole: Hole) -> Result<String> {
        match hole {
            Hole::Items => self.some(1, Self::item),
            Hole::Associated => self.some(1, Self::associated),
            Hole::Required => self.some(1, Self::required),
            Hole::Statements => self.some(1, Self::statement),
            Hole::Constant(of) | Hole::Value(of) => self.value(of, 0),
            Hole::Pattern(of) => self.pattern(of),
            Hole::Type => self.a_type(0),
            Hole::Text => self.choose(&["\"a\"", "r#\"a\"b\"#", "1", "'c'", "1.5", "true", "-1"]),
        }
    }

    fn choose(&mut self, texts: &[&str]) -> Result<String> {
        self.input.choose(texts).map(|text| (*text).to_owned())
    }

    fn some(&mut self, least: u32, one: fn(&mut Self) -> Result<String>) -> Result<String> {
        let mut text = String::new();
        for _ in 0..self.input.int_in_range(least..=3)? {
            text.push_str(&one(self)?);
            text.push(' ');
        }
        Ok(text)
    }

    fn name(&mut self, text: &str) -> String {
        self.names += 1;
        format!("{text}{}", self.names)
    }

    /// An expression of a function's body, which the compiler need not compute.
    fn in_body(&mut self, of: Type) -> Result<String> {
        let before = std::mem::replace(&mut self.is_constant, false);
        let value = self.value(of, 1);
        self.is_constant = before;
        value
    }

    fn constant(&mut self, of: Type, depth: u32) -> Result<String> {
        let before = std::mem::replace(&mut self.is_constant, true);
        let value = self.value(of, depth);
        self.is_constant = before;
        value
    }

    fn any_type(&mut self) -> Result<Type> {
        self.input.choose(&TYPES).copied()
    }

    fn value(&mut self, of: Type, depth: u32) -> Result<String> {
        if depth >= DEPTH || self.input.ratio(1, 4)? {
            return self.least(of);
        }
        let next = depth + 1;
        let value = self.value(of, next)?;
        let name = self.name("v");
        // Of what is no copy, nothing is taken out of an array or a reference.
        let is_copy = of != Struct;
        Ok(match self.input.int_in_range(0..=19)? {
            0 => format!("({value})"),
            1 => format!("{NONE}({value})"),
            2 => format!("{{ {value} }}"),
            3 => format!("{{ let {name} = {value}; {name} }}"),
            4 => format!("if {} {{ {value} }} else {{ {} }}", self.value(Bool, next)?, self.value(of, next)?),
            5 => {
                // Constants cannot match texts.
                let matched = *self.input.choose(if self.is_constant { &[Byte, Char] } else { &[Byte, Text] })?;
                let (scrutinee, pattern) = (self.value(matched, next)?, self.pattern(matched)?);
                format!("match {{ {scrutinee} }} {{ {pattern} => {value}, _ => {} }}", self.value(of, next)?)
            }
            6 => format!("loop {{ break ({value}); }}"),
            7 => format!("'{name}: {{ break '{name} ({value}); }}"),
            8 => format!("unsafe {{ {value} }}"),
            9 => format!("const {{ {} }}", self.constant(of, next)?),
            10 => format!("({}, {value}).1", self.any_value(next)?),
            11 => format!("({}, ({value}, 0)).1.0", self.any_value(next)?),
            12 if is_copy => {
                format!("[{value}, {}][{}]", self.value(of, next)?, self.choose(&["0", "1", "0usize", "0b1"])?)
            }
            13 => format!("{{ {} {value} }}", self.item()?),
            14 if is_copy => format!("*&{value}"),
            15 if is_copy => format!("m_expr!({value})[0]"),
            16 if !self.is_constant => format!("(|| {value})()"),
            17 if !self.is_constant => format!("Some({value}).unwrap()"),
            18 if !self.is_constant => format!("{{ fn {name}<X>(x: X) -> X {{ x }} {name}({value}) }}"),
            _ => self.of_type(of, next)?,
        })
    }

    fn any_value(&mut self, depth: u32) -> Result<String> {
        let of = self.any_type()?;
        self.value(of, depth)
    }

    /// What there is of one type only.
    fn of_type(&mut self, of: Type, depth: u32) -> Result<String> {
        Ok(match of {
            Byte | Signed | Size => match self.input.int_in_range(0..=5)? {
                0 => format!("({} & {})", self.value(of, depth)?, self.value(of, depth)?),
                1 => format!("({} ^ {})", self.value(of, depth)?, self.value(of, depth)?),
                // Arrays would be too long.
                2 if of != Size => format!("!{}", self.value(of, depth)?),
                3 => format!("(({}) as u8) as {}", self.value(Byte, depth)?, name_of(of)),
                4 => format!("({} as {}).wrapping_add(1)", self.least(of)?, name_of(of)),
                _ => format!("core::mem::size_of::<{}>() as {}", self.a_type(depth)?, name_of(of)),
            },
            Float => format!("({} + {})", self.value(of, depth)?, self.value(of, depth)?),
            Bool => match self.input.int_in_range(0..=3)? {
                0 => format!("({} && {})", self.value(of, depth)?, self.value(of, depth)?),
                1 => format!("!({})", self.value(of, depth)?),
                2 => format!("(({}) <= ({}))", self.value(Byte, depth)?, self.value(Byte, depth)?),
                _ => format!("matches!({}, {})", self.value(Byte, depth)?, self.pattern(Byte)?),
            },
            Char => format!("(({}) as u8) as char", self.value(Byte, depth)?),
            Text => self.choose(&[
                "concat!(\"a\", 1, -1, 1.5, 'c', true)",
                "stringify!(a 'b (c) r#d 1u8 \"e\")",
                "file!()",
                "module_path!()",
                "include_str!(\"inside.rs\")",
                "m_tokens!(a + [1])",
            ])?,
            Bytes => self.choose(&[
                "(&[1, b'a', 0xff] as &'static [u8])",
                "include_bytes!(\"inside.rs\").as_slice()",
                "\"é\".as_bytes()",
            ])?,
            CText => self.least(of)?,
            Struct => {
                let (a, b) = (self.value(Byte, depth)?, self.value(Byte, depth)?);
                format!("T {{ a: {a}, b: ({b}, (1, 2)) }}")
            }
        })
    }

    fn least(&mut self, of: Type) -> Result<String> {
        self.choose(match of {
            Byte => &["7", "255", "0xff", "0b1_1", "0o17", "1u8", "b'a'", "b'\\xff'", "b'\\\\'", "0_0_u8", "007"],
            Size => &["0", "1", "2usize", "0x1", "3_"],
            Signed => &["7", "0", "-1", "1i32", "0x7fff_ffff", "-0x1i32", "- 5"],
            Float => &["1.0", "1.5e3", "1e5", "1f64", "1.", "-1.5", "0.1e-1_f64", "1E+2", "0e0"],
            Bool => &["true", "false"],
            Char => &["'a'", "'é'", "'\\n'", "'\\u{1F980}'", "'\\''", "'\\x7f'", "'\"'"],
            Text => &[
                "\"a\"",
                "\"\"",
                "\"é\\n\\u{41}\"",
                "r\"\\\"",
                "r#\"a\"b\"#",
                "\"a\\\n   b\"",
                "\"{}\"",
                "r##\"\"#\"##",
            ],
            Bytes => &["b\"a\".as_slice()", "b\"\\xff\\\\\".as_slice()", "br\"a\".as_slice()", "br#\"\"\"#.as_slice()"],
            CText => &["c\"a\"", "c\"\\xff\\u{e9}\"", "cr\"a\"", "cr#\"\"a\"#"],
            Struct => &["T { a: 1, b: (2, (3, 4)) }", "T { b: (0, (0, 0)), a: 0xff }"],
        })
    }

    fn pattern(&mut self, of: Type) -> Result<String> {
        let (of_one, other) = match of {
            Byte => (&["7", "0x0f", "1u8", "b'a'", "..=9", "1..=7", "250..", "b'a'..b'z'"][..], "99"),
            Char => (&["'a'", "'a'..='z'", "'\\u{41}'", "..'c'", "'é'"][..], "'x'"),
            _ => (&["\"a\"", "\"é\\n\"", "r#\"a\"#", "concat!(\"a\", 1)"][..], "\"x\""),
        };
        let one = self.choose(of_one)?;
        let is_plain = !one.contains("..") && !one.contains('!');
        let name = self.name("v");
        Ok(match self.input.int_in_range(0..=6)? {
            0 => "_".to_owned(),
            1 => name,
            2 if is_plain => format!("{name} @ {one}"),
            3 if is_plain => format!("{NONE}({one})"),
            4 if is_plain => format!("{one} | {other}"),
            5 if is_plain => format!("({one})"),
            _ => one,
        })
    }

    fn a_type(&mut self, depth: u32) -> Result<String> {
        let least = [
            "u8",
            "T",
            "G<3>",
            "G<{ 1 + 1 }>",
            "[u8; 2]",
            "&'static str",
            "fn(u8) -> T",
            "()",
            "*const T",
            "core::option::Option<u8>",
        ];
        if depth >= 2 {
            return self.choose(&least);
        }
        let inner = self.a_type(depth + 1)?;
        Ok(match self.input.int_in_range(0..=7)? {
            0 => format!("({inner})"),
            1 => format!("{NONE}({inner})"),
            2 => format!("({inner}, {})", self.a_type(depth + 1)?),
            3 => format!("[{inner}; {}]", self.constant(Size, 2)?),
            4 => format!("Option<Box<{inner}>>"),
            5 => format!("&'static [{inner}]"),
            6 => format!("<Vec<{inner}> as IntoIterator>::Item"),
            _ => self.choose(&least)?,
        })
    }

    fn attribute(&mut self) -> Result<String> {
        self.choose(&[
            "",
            "",
            "#[doc = \"é\"]",
            "/// text\n",
            "#[allow(unused)]",
            "#[cfg(all())]",
            "#[cfg_attr(all(), doc = r#\"x\"#)]",
            "#[doc(hidden)]",
            "#[expect(unused)]",
            "#[doc = concat!(\"a\", 1)]",
        ])
    }

    fn attribute_of_function(&mut self) -> Result<String> {
        self.choose(&[
            "",
            "#[inline]",
            "#[inline(never)]",
            "#[cold]",
            "#[must_use = \"m\"]",
            "#[deprecated = \"d\"]",
            "#[deprecated(since = \"1.0\", note = \"n\")]",
        ])
    }

    fn item(&mut self) -> Result<String> {
        let attribute = self.attribute()?;
        let (one, two) = (self.name("n"), self.name("N"));
        let (of, of_function) = (self.any_type()?, self.attribute_of_function()?);
        let item = match self.input.int_in_range(0..=17)? {
            0 => {
                format!("{of_function} pub fn {one}<'a, X: Copy>(v: &'a X, _: u8) -> X {{ {} *v }}", self.statement()?)
            }
            1 => format!("{of_function} pub fn {one}() -> {} {{ {} }}", name_of(of), self.in_body(of)?),
            2 => format!("pub const {two}: {} = {};", name_of(of), self.constant(of, 1)?),
            3 => format!("pub static {two}: {} = {};", name_of(of), self.constant(of, 1)?),
            4 => format!(
                "#[derive(Clone, Debug, PartialEq, Default)] pub struct {two}<X> {{ x: X, y: {} }}",
                self.choose(&["u8", "String", "Option<Box<u8>>"])?
            ),
            5 => format!(
                "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)] #[repr(u8)] pub enum {two} {{ A = {}, }}",
                self.constant(Byte, 2)?
            ),
            6 => format!("pub trait {two} {{ {} }}", self.some(0, Self::required)?),
            7 => format!("pub struct {two}({}); impl {two} {{ {} }}", self.a_type(1)?, self.some(0, Self::associated)?),
            8 => format!(
                "pub mod {one} {{ use super::*; {} }}",
                self.choose(&["pub fn a() {}", "pub use core::mem as m;", "pub(super) const A: u8 = 1;"])?
            ),
            9 => format!(
                "macro_rules! {one} {{ ($e:expr, $($t:tt)*) => {{ [$e, $e] }} }} pub const {two}: [u8; 2] = {one}!({}, a b);",
                self.constant(Byte, 2)?
            ),
            10 => format!("const _: () = {{ {} }};", self.statement_of_constant()?),
            11 => format!("#[test] fn {one}() {{ assert_eq!({}, {}); }}", self.in_body(Byte)?, self.in_body(Byte)?),
            12 => format!("pub async fn {one}(v: T) -> u8 {{ let w = async {{ {} }}; w.await }}", self.in_body(Byte)?),
            13 => format!("pub union {two} {{ a: u8, b: [u8; {}] }}", self.constant(Size, 2)?),
            14 => format!("pub struct {two}; impl Drop for {two} {{ fn drop(&mut self) {{ {} }} }}", self.statement()?),
            15 => format!(
                "pub fn {one}(v: Vec<T>) -> impl Iterator<Item = u8> {{ v.into_iter().map(|t| t.a & {}) }}",
                self.in_body(Byte)?
            ),
            16 => format!(
                "pub fn {one}<const A: usize>(v: &dyn Fn(u8) -> u8) -> [u8; A] {{ [v({}); A] }}",
                self.in_body(Byte)?
            ),
            _ => format!("unsafe extern \"C\" {{ pub safe fn {one}(v: u8) -> u8; }}"),
        };
        Ok(format!("{attribute} {item}"))
    }

    fn associated(&mut self) -> Result<String> {
        let attribute = self.attribute()?;
        let (one, two, of) = (self.name("n"), self.name("N"), self.any_type()?);
        Ok(match self.input.int_in_range(0..=2)? {
            0 => format!("{attribute} pub const {two}: {} = {};", name_of(of), self.constant(of, 1)?),
            1 => format!(
                "{attribute} pub fn {one}(v: T) -> {} {{ {} {} }}",
                name_of(of),
                self.statement()?,
                self.in_body(of)?
            ),
            _ => format!("{attribute} pub const fn {one}() -> {} {{ {} }}", name_of(of), self.constant(of, 2)?),
        })
    }

    fn required(&mut self) -> Result<String> {
        let attribute = self.attribute()?;
        let (one, two, of) = (self.name("n"), self.name("N"), self.any_type()?);
        Ok(match self.input.int_in_range(0..=3)? {
            0 => format!("{attribute} const {two}: {} = {};", name_of(of), self.constant(of, 1)?),
            1 => format!("{attribute} fn {one}() -> {} {{ {} }}", name_of(of), self.in_body(of)?),
            2 => format!("type {two}: Clone where u8: Copy;"),
            _ => format!("{attribute} fn {one}<X>(v: &{}, x: X) -> u8;", self.a_type(1)?),
        })
    }

    fn statement(&mut self) -> Result<String> {
        let before = std::mem::replace(&mut self.is_constant, false);
        let statement = self.any_statement();
        self.is_constant = before;
        statement
    }

    fn statement_of_constant(&mut self) -> Result<String> {
        let of = self.any_type()?;
        Ok(format!("let _: {} = {};", name_of(of), self.constant(of, 1)?))
    }

    fn any_statement(&mut self) -> Result<String> {
        let (name, of) = (self.name("v"), self.any_type()?);
        Ok(match self.input.int_in_range(0..=15)? {
            0 => format!("let {name}: {} = {};", name_of(of), self.value(of, 1)?),
            1 => format!("let mut {name}: {}; {name} = {}; drop({name});", name_of(of), self.value(of, 1)?),
            2 => format!(
                "println!(\"{{}} {{:?}} {{0:>4}}\", {}, {});",
                self.value(Text, 1)?,
                self.any_value_but_struct()?
            ),
            3 => format!("assert!({}, \"{{}}\", {});", self.value(Bool, 1)?, self.value(Char, 2)?),
            4 => format!(
                "if let {} = {{ {} }} {{ let _ = {}; }}",
                self.pattern(Byte)?,
                self.value(Byte, 2)?,
                self.value(Bool, 2)?
            ),
            5 => format!("for {name} in 0..({}) {{ let _ = {name}; }}", self.value(Byte, 2)?),
            6 => format!(
                "'{name}: while {} {{ if {} {{ break '{name}; }} else {{ continue; }} }}",
                self.value(Bool, 2)?,
                self.value(Bool, 2)?
            ),
            7 => format!("let {name} = |w: u8| w & {}; {name}(1);", self.value(Byte, 2)?),
            8 => self.item()?,
            9 => format!("let {name} = {}; let {name} = &{name}; let _ = {name};", self.value(of, 1)?),
            10 => format!(
                "unsafe {{ {} }};",
                self.choose(&["core::arch::asm!(\"nop\")", "core::arch::asm!(\"nop\", options(nomem, nostack))"])?
            ),
            11 => format!("let {name} = async move {{ {} }};", self.value(of, 2)?),
            12 => format!("let Some({name}) = Some({}) else {{ panic!(\"{{}}\", 1) }};", self.value(of, 2)?),
            13 => format!("match {{ {} }} {{ {} => (), _ => () }}", self.value(Char, 2)?, self.pattern(Char)?),
            14 => {
                format!("let {name} = {}; let T {{ a, b: (c, ..) }} = &{name}; let _ = (a, c);", self.value(Struct, 1)?)
            }
            _ => format!(
                "let _ = format!({}, {});",
                self.choose(&["\"{}\"", "\"{:?} é\"", "\"{0} {0:03}\"", "\"{:<3}\""])?,
                self.value(Byte, 2)?
            ),
        })
    }

    fn any_value_but_struct(&mut self) -> Result<String> {
        let of = *self.input.choose(&[Byte, Signed, Float, Bool, Char, Text])?;
        self.value(of, 2)
    }
}

fn name_of(of: Type) -> &'static str {
    match of {
        Byte => "u8",
        Size => "usize",
        Signed => "i32",
        Float => "f64",
        Bool => "bool",
        Char => "char",
        Text => "&'static str",
        Bytes => "&'static [u8]",
        CText => "&'static core::ffi::CStr",
        Struct => "T",
    }
}
