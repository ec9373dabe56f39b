//! Pinned projections of structs and enums, with every argument of the attribute.
//@ edition: 2021
//@ library: pin_project
//@ macros: pin_project_internal

use std::cell::RefCell;
use std::fmt::Debug;
use std::marker::PhantomPinned;
use std::pin::Pin;

use pin_project::{UnsafeUnpin, pin_project, pinned_drop};

/// Generics of every kind, and bounds in both places.
#[pin_project]
#[derive(Clone, Debug)]
struct Generic<'a, T: Debug + 'a, U: ?Sized, const N: usize = 2>
where
    U: ToString,
{
    #[pin]
    first: [T; N],
    /// Not pinned.
    pub(crate) second: &'a U,
    r#fn: u8,
}

#[pin_project]
struct Tuple<T>(#[pin] T, u32, #[pin] Option<Box<T>>);

#[pin_project(project = StateMut, project_ref = StateRef, project_replace = StateOwned)]
enum State<A, B: Default> {
    Start,
    Running(#[pin] A, B),
    Done {
        #[pin]
        last: B,
        count: usize,
    },
}

#[pin_project(project_replace = Replaced)]
struct Replace<T> {
    #[pin]
    pinned: T,
    moved: String,
}

#[pin_project(PinnedDrop)]
struct Logged<'log, T: Debug> {
    #[pin]
    value: T,
    log: &'log RefCell<Vec<String>>,
}

#[pinned_drop]
impl<T: Debug> PinnedDrop for Logged<'_, T> {
    fn drop(mut self: Pin<&mut Self>) {
        let this = self.as_mut().project();
        this.log.borrow_mut().push(format!("dropped {:?}", this.value));
        let Self { .. } = &*self;
    }
}

#[pin_project(!Unpin)]
struct Never {
    #[pin]
    value: u8,
}

#[pin_project(UnsafeUnpin)]
struct Sometimes<T, U> {
    #[pin]
    pinned: T,
    other: U,
}

// SAFETY: `T` is what is pinned.
unsafe impl<T: Unpin, U> UnsafeUnpin for Sometimes<T, U> {}

mod private {
    #[pin_project::pin_project(project = InnerProjection)]
    pub struct Inner {
        #[pin]
        pub(super) marker: std::marker::PhantomPinned,
        pub(in crate::private) hidden: u8,
    }

    impl Inner {
        pub fn new() -> Inner {
            Inner { marker: std::marker::PhantomPinned, hidden: 3 }
        }

        pub fn hidden(self: std::pin::Pin<&mut Self>) -> u8 {
            let InnerProjection { hidden, .. } = self.project();
            *hidden
        }
    }
}

macro_rules! pinned {
    ($(#[$meta:meta])* $visibility:vis $name:ident<$parameter:ident> { $($field:ident: $type:ty),* }) => {
        $(#[$meta])* $visibility struct $name<$parameter> { $(#[pin] $field: $type),* }
    };
}
pinned!(#[pin_project] #[derive(Debug)] pub Made<T> { left: T, right: Vec<T> });

fn assert_unpin<T: Unpin>(_: &T) {}

fn main() {
    let text = String::from("text");
    let mut generic = Generic { first: [1, 2], second: &*text, r#fn: 0 };
    assert_unpin(&generic);
    let mut projected = Pin::new(&mut generic).project();
    projected.first.set([3, 4]);
    *projected.r#fn += 5;
    println!("{:?} {}", generic, Pin::new(&generic).project_ref().second.to_string());

    let mut tuple = Tuple(1, 2, None);
    let projection = Pin::new(&mut tuple).project();
    *projection.1 = 20;
    println!("{} {} {:?}", projection.0, projection.1, projection.2);

    let mut state = Box::pin(State::<PhantomPinned, u8>::Running(PhantomPinned, 1));
    if let StateMut::Running(_, count) = state.as_mut().project() {
        *count += 1;
    }
    for next in [State::Done { last: 7, count: 1 }, State::Start] {
        match state.as_ref().project_ref() {
            StateRef::Start => println!("start"),
            StateRef::Running(_, count) => println!("running {count}"),
            StateRef::Done { last, count } => println!("done {last} {count}"),
        }
        match state.as_mut().project_replace(next) {
            StateOwned::Running(_, count) => println!("was running {count}"),
            StateOwned::Done { count, .. } => println!("was done {count}"),
            StateOwned::Start => println!("was at the start"),
        }
    }

    let mut replace = Replace { pinned: 1, moved: "old".to_owned() };
    let Replaced { moved, .. } = Pin::new(&mut replace).project_replace(Replace { pinned: 2, moved: "new".into() });
    println!("{moved} {} {}", replace.pinned, replace.moved);

    let log = RefCell::default();
    drop(Box::pin(Logged { value: "a", log: &log }));
    drop(Logged { value: [1], log: &log });
    println!("{:?}", log.borrow());

    println!("{}", Box::pin(Never { value: 8 }).as_mut().project().value);
    let mut sometimes = Sometimes { pinned: 1, other: PhantomPinned };
    *Pin::new(&mut sometimes).project().pinned += 1;
    println!("{} {:?}", sometimes.pinned, sometimes.other);
    let mut inner = Box::pin(private::Inner::new());
    println!("{}", inner.as_mut().hidden());
    println!("{:?}", inner.marker);
    println!("{:?}", Made { left: 1, right: vec![2] });
}
