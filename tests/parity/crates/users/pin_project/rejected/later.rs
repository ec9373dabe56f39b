//! What the generated code makes the compiler refuse: implementations of `Drop` and `Unpin`, packed types, private names.
//@ edition: 2021
//@ library: pin_project
//@ macros: pin_project_internal
//@ count: 4

use pin_project::pin_project;

#[pin_project]
struct Dropped {
    #[pin]
    a: u8,
}

impl Drop for Dropped {
    fn drop(&mut self) {}
}

#[pin_project]
struct Unpinned<T> {
    #[pin]
    a: T,
}

impl<T> Unpin for Unpinned<T> {}

#[pin_project(UnsafeUnpin)]
struct Missing<T> {
    #[pin]
    a: T,
}

fn needs<T: Unpin>() {}

fn unpin() {
    needs::<Missing<u8>>();
    let _: __Projection = ();
}

fn main() {}
