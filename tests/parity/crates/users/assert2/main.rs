//! Assertions whose messages show their own source text, with its white space, over several lines and from other macros.
//@ edition: 2021
//@ library: assert2
//@ macros: assert2_macros

#![allow(deprecated)]

use std::panic::{self, UnwindSafe};

use assert2::{assert, check, debug_assert, let_assert};

#[derive(Clone, Debug, PartialEq, PartialOrd)]
struct Point {
    x: i32,
    y: Option<&'static str>,
}

fn attempt(name: &str, body: impl FnOnce() + UnwindSafe) {
    let end = match panic::catch_unwind(body) {
        Ok(()) => "passed".to_owned(),
        Err(payload) => match payload.downcast::<String>() {
            Ok(text) => format!("panicked: {text}"),
            Err(payload) => format!("panicked: {:?}", payload.downcast::<&str>().ok()),
        },
    };
    eprintln!("-- {name}: {end}");
    println!("{name}: {}", end.len());
}

macro_rules! both {
    ($left:expr, $right:expr) => {
        check!($left == $right);
        check!($left != $right, "{} of {}", "both", stringify!($left));
    };
}

macro_rules! tokens {
    ($($tokens:tt)*) => { check!($($tokens)*) };
}

#[rustfmt::skip]
fn main() {
    panic::set_hook(Box::new(|_| {}));
    let point = Point { x: 1, y: Some("y") };
    let other = point.clone();
    attempt("equal", move || assert!(other == Point { x: 1, y: Some("y") }));
    let other = point.clone();
    attempt("different", move || assert!(other == Point { x:1,   y :None }, "at {:?}", (1, 2)));
    attempt("white space", || {
        check!(  vec![1 ,2,  3].len( )   >=4  );
        check!(1+1==3&&true);
    });
    attempt("lines", || {
        check!(
            [1, 2, 3] // a comment that goes
                .iter()
                .map(|number| {
                    let twice = number * 2;
                    twice + 1
                })
                .sum::<i32>()
                == "multi
line".len() as i32
        );
    });
    attempt("operators", || {
        check!(1 < 0);
        check!(1.5 <= 1.0);
        check!("a" > "b");
        check!((1 | 2) >= (4 & 7));
        check!(!matches!(Some(1), Some(number) if number > 0));
        check!(-1 != -1);
        check!(1 == 1 && 2 == 3 || false);
    });
    attempt("patterns", || {
        check!(let Some(number) = Some(1) && number > 1);
        check!(let Ok::<u8, _>(1 | 2) = "3".parse());
        check!(let Some(a) = Some(5) && let 6.. = a && a % 2 == 0, "chain");
        assert!(let Err(error) = "x".parse::<u8>());
        println!("bound: {error}");
    });
    attempt("let_assert", || {
        let_assert!(Some(Point { x, .. }) = Some(Point { x: 7, y: None }));
        let_assert!([first, .., last] = &[x, 8, 9][..]);
        println!("{first} {last}");
        let_assert!(Ok(number) = "?".parse::<i32>(), "not {}", "a number");
        println!("never {number}");
    });
    attempt("macros", || {
        both!(1 + 1, 2);
        both!({ 3 }, 4);
        tokens!(1  +  2 ==  4);
        tokens!(let  Some( 1 ) = None::<u8>);
    });
    attempt("unicode", || {
        let größe = "λ→🦀";
        check!( größe  ==  "λ → 🦀" , "{größe} with\ttab");
        check!(größe.chars().count() /* in between */ == 4);
    });
    attempt("debug", || debug_assert!(2 + 2 == 5, "in debug builds"));
    attempt("borrowed", || {
        let text = String::from("text");
        check!(text == "other");
        check!(text[1..] == *"ext" && text.is_empty());
        drop(text);
    });
}
