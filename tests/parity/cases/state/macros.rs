//! Macros that remember.

extern crate proc_macro;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock};

use proc_macro::TokenStream;

static COUNTER: AtomicUsize = AtomicUsize::new(0);
static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
static FIRST: OnceLock<String> = OnceLock::new();
static TABLE: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(|| {
    println!("the table is made");
    Mutex::default()
});

thread_local! {
    static LOCAL: Cell<usize> = const { Cell::new(100) };
    static LAZY: RefCell<Vec<usize>> = RefCell::new(vec![LOCAL.get()]);
}

fn remember(what: &str) -> usize {
    let number = COUNTER.fetch_add(1, Ordering::SeqCst);
    SEEN.lock().unwrap().push(what.to_owned());
    FIRST.get_or_init(|| what.to_owned());
    *TABLE.lock().unwrap().entry(what.to_owned()).or_default() += 1;
    LOCAL.set(LOCAL.get() + 1);
    LAZY.with_borrow_mut(|lazy| lazy.push(number));
    number
}

/// Gives the number of the expansion.
#[proc_macro]
pub fn number(input: TokenStream) -> TokenStream {
    remember(&input.to_string()).to_string().parse().unwrap()
}

/// Remembers the item.
#[proc_macro_attribute]
pub fn listed(arguments: TokenStream, item: TokenStream) -> TokenStream {
    remember(&format!("attribute {arguments} {}", item.clone().into_iter().nth(1).unwrap()));
    item
}

/// Remembers the type.
#[proc_macro_derive(Listed)]
pub fn derive(item: TokenStream) -> TokenStream {
    remember(&format!("derive {}", item.into_iter().nth(1).unwrap()));
    TokenStream::new()
}

/// Gives all that has been seen so far.
#[proc_macro]
pub fn report(_input: TokenStream) -> TokenStream {
    let seen = SEEN.lock().unwrap();
    let mut table: Vec<_> = TABLE.lock().unwrap().iter().map(|(name, count)| format!("{name}: {count}")).collect();
    table.sort();
    let text = format!("{seen:?} {:?} {table:?} {} {:?}", FIRST.get(), LOCAL.get(), LAZY.with_borrow(Clone::clone));
    format!("{text:?}").parse().unwrap()
}

/// Remembers, panics with the lock held, and so poisons it.
#[proc_macro]
pub fn poisons(_input: TokenStream) -> TokenStream {
    let _held = SEEN.lock();
    panic!("with the lock held, expansion {}", COUNTER.fetch_add(1, Ordering::SeqCst))
}

/// Says whether the lock is poisoned, and takes the poison away.
#[proc_macro]
pub fn poisoned(_input: TokenStream) -> TokenStream {
    let poisoned = SEEN.is_poisoned();
    SEEN.clear_poison();
    format!("compile_error!(\"poisoned: {poisoned}, expansion {}\");", COUNTER.load(Ordering::SeqCst)).parse().unwrap()
}
