//! Error types whose messages use every kind of format string, with sources, conversions and generics.
//@ edition: 2021
//@ library: thiserror
//@ macros: thiserror_impl

use std::error::Error as _;
use std::fmt::{self, Debug, Display};
use std::num::{ParseFloatError, ParseIntError};

use thiserror::Error;

const DEPTH: usize = 40;

#[derive(Error, Debug)]
#[non_exhaustive]
pub enum Failure {
    #[error("nothing to do")]
    Nothing,
    #[error("position {0} of {1}: {0:>6}|{1:<6}|{0:^+6}|{1:#06x}")]
    Position(i32, i32),
    #[error("`{name}` is {len} long, which is over {}", DEPTH / 2, len = .name.len())]
    Long { name: String },
    #[error("{braces:?} in {{braces}} {{{braces}}}")]
    Braces { braces: &'static str },
    #[error("not a number")]
    Number(#[from] ParseIntError),
    #[error(transparent)]
    Float(#[from] ParseFloatError),
    #[error("{kind}: {inner:.width$}", kind = kind_of(.inner), width = 3)]
    Precise { inner: f64 },
    #[error("{}", if *.strict { "strictly" } else { "loosely" })]
    Branch { strict: bool },
    #[error(fmt = in_words)]
    Function(u8, #[source] Box<Failure>),
    #[error("raw {type} and {0}", .r#type.to_uppercase())]
    Raw { r#type: String },
    #[error("{_0:?} and {}", .1.0)]
    Pairs(Option<u8>, (char, char)),
    #[error(
        "several
lines \u{2014} \"quoted\" {0}"
    )]
    Lines(&'static str),
    #[error(r"raw string \{0}")]
    RawString(u8),
}

fn kind_of(number: &f64) -> &'static str {
    if number.is_nan() { "nan" } else { "number" }
}

fn in_words(code: &u8, cause: &Failure, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "code {code} because of {cause}")
}

#[derive(Error, Debug)]
#[error("while reading {file}: {kind}")]
pub struct Context<K: Display + Debug + 'static, const LINE: u32>
where
    K: std::error::Error,
{
    file: String,
    #[source]
    kind: K,
}

#[derive(Error, Debug)]
#[error("unit")]
struct Unit;

#[derive(Error, Debug)]
#[error("{0}")]
struct Wrapper(#[from] Failure);

#[derive(Error, Debug)]
#[error(transparent)]
struct Anything(#[from] Box<dyn std::error::Error + Send + Sync>);

#[derive(Error)]
#[error("{} of {value:?}", std::any::type_name::<T>())]
struct Typed<T> {
    value: T,
}

impl<T> Debug for Typed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed")
    }
}

#[derive(Error, Debug)]
enum Either<L, R>
where
    L: std::error::Error + 'static,
{
    #[error("left {0}")]
    Left(#[source] L),
    #[error("right {0:?}")]
    Right(R),
}

macro_rules! errors {
    ($($name:ident = $message:literal $(, $argument:expr)*;)*) => {
        $(#[derive(Error, Debug)] #[error($message $(, $argument)*)] struct $name { code: u16 })*
    };
}
errors! { Plain = "plain"; Coded = "code {code:04}"; Computed = "{} {code}", 1 + 1; }

fn tell(error: &dyn std::error::Error) {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text += &format!(" <= {source}");
        next = source.source();
    }
    println!("{text}");
}

fn main() {
    let number = "x".parse::<i32>().unwrap_err();
    let failures = [
        Failure::Nothing,
        Failure::Position(7, 255),
        Failure::Long { name: "long".repeat(6) },
        Failure::Braces { braces: "}{" },
        number.clone().into(),
        "1.2.3".parse::<f64>().unwrap_err().into(),
        Failure::Precise { inner: 2.0 / 3.0 },
        Failure::Branch { strict: true },
        Failure::Function(9, Box::new(Failure::Number(number))),
        Failure::Raw { r#type: "struct".into() },
        Failure::Pairs(Some(1), ('a', 'b')),
        Failure::Lines("end"),
        Failure::RawString(5),
    ];
    failures.iter().for_each(|failure| tell(failure));
    let [nothing, ..] = failures;
    tell(&Context::<_, 5> { file: "a.txt".into(), kind: nothing });
    tell(&Unit);
    tell(&Wrapper::from(Failure::Branch { strict: false }));
    tell(&Anything::from(Box::<dyn std::error::Error + Send + Sync>::from("boxed")));
    tell(&Typed { value: "v" });
    tell(&Either::<_, ()>::Left(Unit));
    tell(&Either::<Unit, _>::Right([1, 2]));
    tell(&Plain { code: 1 });
    tell(&Coded { code: 2 });
    tell(&Computed { code: 3 });
    println!("{}", Wrapper(Failure::Nothing).source().is_some());
}
