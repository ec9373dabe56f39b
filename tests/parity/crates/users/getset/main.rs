//! Accessors of every kind and visibility, on the type, on fields, and skipped.
//@ edition: 2021
//@ macros: getset

use getset::{CopyGetters, Getters, MutGetters, Setters, WithSetters};

/// A type with a default for all its fields.
#[derive(Clone, Debug, Default, Getters, Setters, MutGetters)]
#[getset(get = "pub with_prefix", set = "pub(crate)", get_mut)]
pub struct Everything<'a, T: Default, const N: usize>
where
    T: Clone,
{
    /// The documentation goes along.
    name: String,
    /// In two
    ///
    /// paragraphs.
    #[getset(get = "pub with_prefix", set)]
    items: Vec<T>,
    #[getset(skip)]
    hidden: Option<&'a str>,
    #[allow(dead_code)]
    r#type: u8,
    padding: Option<Padding<N>>,
}

#[derive(Clone, Copy, Debug)]
pub struct Padding<const N: usize>(pub [u8; N]);

mod inner {
    use super::*;

    #[derive(Getters, CopyGetters, Setters, MutGetters, Default)]
    pub struct Old {
        #[get = "pub"]
        #[set = "pub(crate)"]
        first: (u8, u8),
        #[getset(get_copy = "pub(super)", get_mut = "pub(super)")]
        second: char,
        #[get = "pub"]
        #[set = "pub"]
        third: Option<Box<str>>,
    }

    impl Old {
        pub fn new() -> Old {
            let mut old = Old { second: 'b', ..Old::default() };
            old.set_first((1, 2));
            old
        }
    }
}

#[derive(CopyGetters, Debug, WithSetters)]
#[getset(get_copy = "pub(self)", set_with = "pub")]
#[repr(C)]
struct Copied {
    left: u8,
    #[getset(get_copy = "with_prefix")]
    right: i64,
    #[getset(skip)]
    _nothing: (),
}

#[derive(Getters, Setters, MutGetters)]
struct Single(#[getset(get = "pub", set = "pub", get_mut = "pub")] Vec<u8>);

macro_rules! generated {
    ($name:ident { $($(#[$meta:meta])* $field:ident: $type:ty),* }) => {
        #[derive(Getters, Setters)]
        struct $name { $($(#[$meta])* #[getset(get, set)] $field: $type),* }
    };
}
generated!(Generated { /// With documentation.
    a: u8, b: &'static str });

fn main() {
    let mut everything = Everything::<'_, u16, 2>::default();
    everything.set_name("name".into()).set_items(vec![1]).set_type(5).set_padding(Some(Padding([1, 2])));
    everything.items_mut().push(2);
    everything.hidden = Some("hidden");
    println!("{} {:?} {}", everything.get_name(), everything.get_items(), everything.get_type());
    println!("{:?} {everything:?}", everything.get_padding());
    let mut old = inner::Old::new();
    *old.second_mut() = 'c';
    old.set_third(Some("third".into()));
    println!("{:?} {} {:?}", old.first(), old.second(), old.third());
    let copied = Copied { left: 1, right: 2, _nothing: () }.with_left(7).with_right(-7);
    println!("{} {} {copied:?}", copied.left(), copied.get_right());
    let mut single = Single(vec![]);
    single.get_mut().push(1);
    single.set(vec![2]);
    println!("{:?}", single.get());
    let mut generated = Generated { a: 1, b: "b" };
    println!("{}", generated.set_a(2).a());
    println!("{}", generated.set_b("c").b());
}
