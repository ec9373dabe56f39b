//! Attributes and derives on every position that takes them, with what `cfg` leaves of the items.
#![feature(proc_macro_hygiene, stmt_expr_attributes, custom_inner_attributes)]
#![allow(dead_code, unused)]

use tokens::{Seen, Text, rebuilt_item, removed, seen};

#[seen] fn function() {}
#[seen()] const fn empty(a: u8) -> u8 { a }
#[seen(with, "arguments" = [1, 2], {})] static STATIC: u8 = 1;
#[seen[brackets]] const CONST: u8 = 2;
#[seen {braces}] type Alias<T> = Vec<T>;
#[seen] mod inline { //! Inner documentation.
    pub fn inside() {} }
#[seen] unsafe extern "C" { #[seen] fn foreign(); #[seen] static FOREIGN: u8; }
#[seen] use std::collections as renamed;
#[seen] extern crate core as renamed_core;
#[seen] macro_rules! by_example { ($x:tt) => { $x } }
#[seen] union Union { a: u8 }
#[seen] trait Trait { #[seen] fn method(&self) {} #[seen] const C: u8 = 1; #[seen] type T; }
#[seen] impl Trait for u8 { #[seen] fn method(&self) {} #[seen] type T = u8; }
#[removed] fn gone() { let this = does_not::exist(1) + { resolve!() }; }
#[removed] struct GoneToo;
#[seen(outer)] #[seen(inner)] #[allow(unused)] struct Twice;
#[seen] #[cfg(any())] fn never() {}
#[cfg(all())] #[seen] fn always() {}
#[cfg_attr(all(), seen(by_cfg_attr), doc = "documented")] fn conditional() {}
#[seen] /** Documented. */ #[inline(always)] pub(crate) unsafe extern "C" fn many<'a, T: 'a>(x: &'a T) where T: Copy {}
#[rebuilt_item] impl Twice { /// Documented.
    pub fn rebuilt(&self) -> &'static str { "rebuilt" } }

/// Documented.
#[derive(Seen, Clone)]
#[helper(on = "the struct")]
struct Fields<'a, T: 'a, const N: usize = 3> where T: Clone {
    #[helper] pub first: &'a T,
    #[cfg(any())] #[other_helper] never: u8,
    #[cfg(all())] #[other_helper = "x"] always: [u8; N],
    #[cfg_attr(all(), helper(by_cfg_attr))] conditional: (u8, ),
}
#[derive(Seen, Text)]
#[repr(u8)]
enum Variants { #[helper] A, #[cfg(any())] B, #[cfg(all())] C(#[helper] u8, #[cfg(any())] u8), D { #[cfg(not(all()))] a: u8 } = 7 }
#[derive(Seen)] union Bits { #[helper] a: u8, #[cfg(any())] b: u8 }
#[cfg_attr(all(), derive(Seen))] struct Derived;
#[derive(Clone)] #[derive(Seen)] #[derive(Text)] struct Separately(#[helper] u8);

impl<'a, T: Clone, const N: usize> Fields<'a, T, N> {
    #[seen] fn method(&'a self, #[cfg(any())] x: u8, #[cfg(all())] y: u8) -> &'a Self { self }
}

fn main() {
    #[seen] let statement = 1;
    #[seen] fn item() {}
    let value = #[seen(expression)] (statement + 1);
    #[seen] { value; }
    match value { #[cfg(any())] 1 => {} _ => {} }
    println!("{} {} {}", Variants::text(), Separately::text(), Twice.rebuilt());
}
