//! Traits and enums that are linked in either order, some by the name alone: the macro keeps them between its expansions.
//@ edition: 2021
//@ macros: enum_dispatch

use enum_dispatch::enum_dispatch;

// The trait comes first, then its enum.

#[enum_dispatch]
trait Shape {
    fn area(&self) -> f64;
    fn grow(&mut self, by: f64, _unused: (u8, u8));
    fn describe(self, prefix: &str) -> String
    where
        Self: Sized,
    {
        format!("{prefix} of {:.1}", self.area())
    }
    fn visit<F: FnMut(f64) -> bool>(&self, mut visitor: F) -> bool {
        visitor(self.area())
    }
}

struct Square(f64);

struct Circle {
    radius: f64,
}

impl Shape for Square {
    fn area(&self) -> f64 {
        self.0 * self.0
    }

    fn grow(&mut self, by: f64, _: (u8, u8)) {
        self.0 += by;
    }
}

impl Shape for Circle {
    fn area(&self) -> f64 {
        3.0 * self.radius * self.radius
    }

    fn grow(&mut self, by: f64, _: (u8, u8)) {
        self.radius *= by;
    }

    fn describe(self, prefix: &str) -> String {
        format!("{prefix}: a circle of {}", self.radius)
    }
}

#[enum_dispatch(Shape)]
enum AnyShape {
    Square,
    /// With a name of its own.
    Round(Circle),
}

// The enum comes first and names two traits, which come later.

#[enum_dispatch(Named, Counted)]
#[derive(Debug, Clone)]
pub enum Animal {
    Dog,
    Cats(Cats),
}

#[derive(Debug, Clone)]
pub struct Dog;

#[derive(Debug, Clone)]
pub struct Cats(usize);

#[enum_dispatch]
pub trait Named {
    fn name(&self) -> &'static str;
}

impl Named for Dog {
    fn name(&self) -> &'static str {
        "dog"
    }
}

impl Named for Cats {
    fn name(&self) -> &'static str {
        "cats"
    }
}

#[enum_dispatch]
pub trait Counted: Named {
    fn count(&self) -> usize {
        1
    }
}

impl Counted for Dog {}

impl Counted for Cats {
    fn count(&self) -> usize {
        self.0
    }
}

// Generic ones, and the enum named at the trait.

mod generic {
    use enum_dispatch::enum_dispatch;

    pub struct List<T>(pub Vec<T>);
    pub struct One<T>(pub T);

    #[enum_dispatch]
    pub enum Items<T: Clone> {
        List(List<T>),
        One(One<T>),
    }

    #[enum_dispatch(Items<T>)]
    pub trait Collection<T: Clone> {
        fn first(&self) -> Option<T>;
        fn add(&mut self, item: T) -> Result<usize, T>;
    }

    impl<T: Clone> Collection<T> for List<T> {
        fn first(&self) -> Option<T> {
            self.0.first().cloned()
        }

        fn add(&mut self, item: T) -> Result<usize, T> {
            self.0.push(item);
            Ok(self.0.len())
        }
    }

    impl<T: Clone> Collection<T> for One<T> {
        fn first(&self) -> Option<T> {
            Some(self.0.clone())
        }

        fn add(&mut self, item: T) -> Result<usize, T> {
            Err(item)
        }
    }
}

// Types that a macro makes, in an enum with visibility and attributes.

macro_rules! values {
    ($($name:ident = $value:expr),*) => {
        $(struct $name;
        impl Value for $name {
            fn value(&self) -> i32 {
                $value
            }
        })*
    };
}
values!(Seven = 7, Eight = 8);

#[enum_dispatch]
pub(crate) trait Value {
    #[must_use]
    fn value(&self) -> i32;
}

#[enum_dispatch(Value)]
#[allow(private_interfaces)]
pub(crate) enum Values {
    #[allow(dead_code)]
    Seven,
    Eight,
}

fn main() {
    let mut shapes: [AnyShape; 2] = [Square(2.0).into(), Circle { radius: 1.0 }.into()];
    for shape in &mut shapes {
        shape.grow(2.0, (0, 0));
        println!("{} {}", shape.area(), shape.visit(|area| area > 13.0));
    }
    let [square, circle] = shapes;
    println!("{}", TryInto::<Square>::try_into(square).is_ok_and(|square| square.0 == 4.0));
    println!("{} {}", circle.describe("Shape"), AnyShape::from(Square(1.0)).describe("Square"));
    for animal in [Animal::from(Dog), Cats(3).into()] {
        println!("{} {} {animal:?}", animal.name(), animal.count());
        println!("{:?}", TryInto::<Dog>::try_into(animal));
    }
    use generic::{Collection, Items, List, One};
    for mut items in [Items::from(List(vec!['a'])), One('b').into()] {
        println!("{:?} {:?}", items.add('c'), items.first());
    }
    println!("{} {}", Values::from(Seven).value(), Values::Eight(Eight).value());
}
