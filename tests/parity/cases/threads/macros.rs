//! Macros that start threads: for a stack, for work in parallel, to send and to receive.

extern crate proc_macro;
use std::cell::{Cell, RefCell};
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Barrier, Condvar, Mutex, OnceLock, RwLock};
use std::thread::{self, Builder};
use std::time::Duration;

use proc_macro::{Literal, TokenStream, TokenTree};

fn string(text: &str) -> TokenStream {
    TokenTree::from(Literal::string(text)).into()
}

/// Threads that are joined, by each way to start one, and their names and numbers.
#[proc_macro]
pub fn joined(_input: TokenStream) -> TokenStream {
    let sum = thread::spawn(|| (1..=10).sum::<u32>()).join().unwrap();
    let bare = Builder::new().spawn(|| 1).unwrap().join().unwrap();
    let name = || thread::current().name().map(str::to_owned);
    let named = Builder::new().name("named".to_owned()).stack_size(64 << 20).spawn(name).unwrap();
    let outside = named.thread().name().map(str::to_owned);
    let named = named.join().unwrap();
    let unnamed = thread::spawn(name).join().unwrap();
    let me = thread::current().id();
    let ids = thread::spawn(|| thread::current().id()).join().unwrap() == me;
    let nested = thread::spawn(|| thread::spawn(|| thread::spawn(|| 1).join().unwrap() + 1).join().unwrap() + 1);
    let many: usize = (0..100).map(|n| thread::spawn(move || n).join().unwrap()).sum();
    string(&format!(
        "{sum} {bare} {named:?} {outside:?} {unnamed:?} {ids} {} {} {many}",
        me == thread::current().id(),
        nested.join().unwrap()
    ))
}

/// Threads that borrow.
#[proc_macro]
pub fn scoped(_input: TokenStream) -> TokenStream {
    let (mut list, mut number) = (vec![1, 2], 0);
    let sum = thread::scope(|scope| {
        scope.spawn(|| list.push(3));
        scope.spawn(|| number += 1);
        scope.spawn(|| 5).join().unwrap()
    });
    string(&format!("{list:?} {number} {sum}"))
}

/// Panics of threads come back to who joins them, and to the scope.
#[proc_macro]
pub fn panics(_input: TokenStream) -> TokenStream {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let joined = thread::spawn(|| panic!("on purpose")).join().unwrap_err();
    let scoped = panic::catch_unwind(|| thread::scope(|scope| _ = scope.spawn(|| panic!("on purpose")))).unwrap_err();
    let lock = Arc::new(Mutex::new(()));
    let same = Arc::clone(&lock);
    let poisoned = thread::spawn(move || {
        let _guard = same.lock();
        panic!("on purpose")
    });
    let failed = poisoned.join().is_err();
    panic::set_hook(hook);
    let text =
        |payload: Box<dyn std::any::Any + Send>| payload.downcast_ref::<&str>().copied().unwrap_or("none").to_owned();
    string(&format!("{} {} {failed} {} {}", text(joined), text(scoped), lock.is_poisoned(), thread::panicking()))
}

/// Channels, with their ends in either thread.
#[proc_macro]
pub fn channels(_input: TokenStream) -> TokenStream {
    let (sender, receiver) = channel();
    let producer = thread::spawn(move || (0..1000).for_each(|number| sender.send(number).unwrap()));
    let received: u32 = receiver.iter().sum();
    producer.join().unwrap();

    let (sender, receiver) = channel::<u32>();
    let consumer = thread::spawn(move || receiver.iter().sum::<u32>());
    (0..1000).for_each(|number| sender.send(number).unwrap());
    drop(sender);
    let consumed = consumer.join().unwrap();

    let (first, numbers) = channel::<u32>();
    let (second, doubled) = channel();
    let last = thread::spawn(move || doubled.iter().sum::<u32>());
    let middle = thread::spawn(move || numbers.iter().for_each(|number| second.send(2 * number).unwrap()));
    (0..10).for_each(|number| first.send(number).unwrap());
    drop(first);
    let piped = (last.join().unwrap(), middle.join().unwrap());

    let (sender, receiver) = channel();
    let kept = sender.clone();
    thread::spawn(move || sender.send(1).unwrap());
    let in_time = receiver.recv_timeout(Duration::from_secs(10));
    let too_late = receiver.recv_timeout(Duration::from_millis(1)) == Err(RecvTimeoutError::Timeout);
    drop(kept);
    string(&format!("{received} {consumed} {piped:?} {in_time:?} {too_late} {:?}", receiver.recv()))
}

/// Everything else by which one thread waits for another.
#[proc_macro]
pub fn waits(_input: TokenStream) -> TokenStream {
    let pair = Arc::new((Mutex::new(0), Condvar::new()));
    let same = Arc::clone(&pair);
    let thread = thread::spawn(move || {
        *same.0.lock().unwrap() = 5;
        same.1.notify_all();
    });
    let told = *pair.1.wait_while(pair.0.lock().unwrap(), |value| *value == 0).unwrap();
    thread.join().unwrap();
    let over =
        pair.1.wait_timeout_while(pair.0.lock().unwrap(), Duration::from_millis(1), |_| true).unwrap().1.timed_out();

    let (barrier, count) = (Arc::new(Barrier::new(3)), Arc::new(AtomicUsize::new(0)));
    let threads = [(); 2].map(|()| {
        let (barrier, count) = (Arc::clone(&barrier), Arc::clone(&count));
        thread::spawn(move || {
            count.fetch_add(1, Ordering::SeqCst);
            barrier.wait();
        })
    });
    barrier.wait();
    let arrived = count.load(Ordering::SeqCst);
    _ = threads.map(|thread| thread.join().unwrap());

    let locks = Arc::new((Mutex::new(0), RwLock::new(0)));
    let guard = locks.0.lock().unwrap();
    let threads = [(); 4].map(|()| {
        let locks = Arc::clone(&locks);
        thread::spawn(move || {
            *locks.0.lock().unwrap() += 1;
            *locks.1.write().unwrap() += 1;
        })
    });
    drop(guard);
    _ = threads.map(|thread| thread.join().unwrap());
    let locked = (*locks.0.lock().unwrap(), *locks.1.read().unwrap());

    static CELL: OnceLock<u32> = OnceLock::new();
    thread::spawn(|| CELL.set(3));
    let set = *CELL.wait();

    let (done, me) = (Arc::new(AtomicBool::new(false)), thread::current());
    let same = Arc::clone(&done);
    thread::spawn(move || {
        same.store(true, Ordering::SeqCst);
        me.unpark();
    });
    while !done.load(Ordering::SeqCst) {
        thread::park();
    }

    let same = Arc::clone(&done);
    let until_told = thread::spawn(move || {
        while same.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(1));
        }
    });
    thread::sleep(Duration::from_millis(1));
    done.store(false, Ordering::SeqCst);
    until_told.join().unwrap();

    let same = Arc::clone(&done);
    let polled = thread::spawn(move || same.store(true, Ordering::SeqCst));
    while !done.load(Ordering::SeqCst) || !polled.is_finished() {
        thread::yield_now();
    }
    string(&format!("{told} {over} {arrived} {locked:?} {set} {}", polled.join().is_ok()))
}

/// Each thread has values of its own, and destroys them.
#[proc_macro]
pub fn locals(_input: TokenStream) -> TokenStream {
    struct Noted(&'static str, Arc<Mutex<Vec<String>>>);
    impl Drop for Noted {
        fn drop(&mut self) {
            self.1.lock().unwrap().push(format!("{} {:?}", self.0, thread::current().name()));
        }
    }
    thread_local! {
        static NOTED: RefCell<Option<Noted>> = RefCell::new(None);
        static NUMBER: Cell<u32> = const { Cell::new(1) };
        static NEXT: Cell<u32> = Cell::new(NUMBER.get() + 1);
        static LIST: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
        static SHARED: AtomicUsize = AtomicUsize::new(1);
    }
    let notes = Arc::new(Mutex::new(Vec::new()));
    let same = Arc::clone(&notes);
    NUMBER.set(10);
    LIST.with_borrow_mut(|list| list.push(1));
    let other = Builder::new().name("other".to_owned()).spawn(move || {
        NOTED.set(Some(Noted("value", same)));
        let seen = (NUMBER.get(), NEXT.get(), LIST.take());
        NUMBER.set(20);
        LIST.with_borrow_mut(|list| list.push(2));
        seen
    });
    let other = other.unwrap().join().unwrap();
    // A thread's value lies still while another thread uses its own, and that one too.
    let added = SHARED.with(|first| {
        thread::scope(|scope| {
            _ = scope
                .spawn(|| SHARED.with(|second| second.store(5, Ordering::SeqCst) == first.store(7, Ordering::SeqCst)))
        });
        first.load(Ordering::SeqCst)
    });
    string(&format!("{other:?} {} {} {:?} {added} {:?}", NUMBER.get(), NEXT.get(), LIST.take(), notes.lock().unwrap()))
}
