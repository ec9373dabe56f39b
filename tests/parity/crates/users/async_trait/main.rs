//! Async methods of traits: every kind of receiver and pattern, generics, lifetimes, defaults and `?Send`.
//@ edition: 2021
//@ macros: async_trait

#![allow(clippy::needless_lifetimes)]

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;

#[async_trait]
pub trait Source<'src, Item: Send + 'static = u32>: Send + Sync {
    type Error: Send;

    async fn next(&mut self) -> Result<Option<Item>, Self::Error>;

    /// With a default body, which calls another of its methods.
    async fn skip(&mut self, mut count: usize) -> Result<usize, Self::Error> {
        let mut skipped = 0;
        while count > 0 && self.next().await?.is_some() {
            count -= 1;
            skipped += 1;
        }
        Ok(skipped)
    }

    async fn shared(self: Arc<Self>, name: &str) -> String
    where
        'src: 'async_trait,
    {
        format!("{name} is shared by {}", Arc::strong_count(&self))
    }

    async fn boxed(self: Box<Self>) -> usize
    where
        'src: 'async_trait,
    {
        self.not_async() + 1
    }

    async fn pinned(self: Pin<&mut Self>, _: u8, (a, [b, ..]): (u8, [u8; 3])) -> u8 {
        a + b
    }

    async fn by_value(self) -> &'static str
    where
        Self: Sized + 'async_trait,
    {
        "gone"
    }

    async fn without_self(text: &'src str, other: &str) -> bool
    where
        Self: Sized,
    {
        text == other
    }

    fn not_async(&self) -> usize {
        4
    }

    #[allow(unused_variables)]
    async fn ignored(&self, ref first: String, mut second: Vec<u8>, Wrapper { inner, .. }: Wrapper) -> usize {
        second.push(*inner);
        first.len() + second.len()
    }
}

pub struct Wrapper {
    inner: Box<u8>,
}

struct Countdown(u32);

#[async_trait]
impl<'src> Source<'src> for Countdown {
    type Error = std::convert::Infallible;

    async fn next(&mut self) -> Result<Option<u32>, Self::Error> {
        let Self(left) = self;
        *left = match left.checked_sub(1) {
            Some(less) => less,
            None => return Ok(None),
        };
        pause().await;
        Ok(Some(self.0))
    }

    async fn by_value(self) -> &'static str
    where
        Self: Sized + 'async_trait,
    {
        let Countdown(left) = self;
        if left > 0 { "early" } else { "late" }
    }
}

#[async_trait(?Send)]
trait Local<const N: usize> {
    async fn visit<F>(&self, each: F, texts: [&str; N]) -> usize
    where
        F: Fn(&str) -> usize + 'static;

    async fn of_impl(&self, items: impl IntoIterator<Item = u8> + 'static) -> u8;
}

#[async_trait(?Send)]
impl<T: Clone + Into<usize>> Local<2> for Rc<Cell<T>>
where
    T: Copy + 'static,
{
    async fn visit<F>(&self, each: F, [first, second]: [&str; 2]) -> usize
    where
        F: Fn(&str) -> usize + 'static,
    {
        each(first) * each(second) + self.get().into()
    }

    async fn of_impl(&self, items: impl IntoIterator<Item = u8> + 'static) -> u8 {
        items.into_iter().sum()
    }
}

macro_rules! service {
    ($name:ident, $method:ident($argument:ident: $type:ty) -> $output:ty $body:block) => {
        #[async_trait]
        trait $name {
            async fn $method(&self, $argument: $type) -> $output $body
        }
        #[async_trait]
        impl $name for () {}
    };
}
service!(Doubles, double(number: u64) -> u64 { number * 2 });

mod nested {
    #[async_trait::async_trait]
    pub trait Unsafe {
        async unsafe fn dangerous(&self) -> *const Self
        where
            Self: Sync;
    }

    #[async_trait::async_trait]
    impl Unsafe for u8 {
        async unsafe fn dangerous(&self) -> *const Self {
            super::pause().await;
            std::ptr::null()
        }
    }
}

async fn pause() {
    let mut waited = false;
    std::future::poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await
}

fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut polls = 0;
    loop {
        polls += 1;
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            println!("after {polls} polls:");
            return output;
        }
    }
}

fn main() {
    let mut source: Box<dyn Source<'_, Error = std::convert::Infallible> + '_> = todo(Countdown(5));
    println!("{:?} {:?} {}", wait(source.next()), wait(source.skip(2)), source.not_async());
    println!("{}", wait(source.ignored("ab".into(), vec![1], Wrapper { inner: Box::new(2) })));
    println!("{}", wait(source.boxed()));
    println!("{}", wait(Arc::new(Countdown(1)).shared("it")));
    println!("{}", wait(Pin::new(&mut Countdown(1)).pinned(0, (1, [2, 3, 4]))));
    println!("{} {}", wait(Countdown(1).by_value()), wait(<Countdown as Source>::without_self("a", "a")));
    let local = Rc::new(Cell::new(1u8));
    println!("{} {}", wait(local.visit(str::len, ["abc", "de"])), wait(local.of_impl(vec![1, 2, 3])));
    println!("{}", wait(().double(21)));
    println!("{}", unsafe { wait(nested::Unsafe::dangerous(&1)) }.is_null());
}

fn todo<'a>(countdown: Countdown) -> Box<dyn Source<'a, Error = std::convert::Infallible> + 'a> {
    Box::new(countdown)
}
