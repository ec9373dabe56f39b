//! A macro that throws and catches in every kind of place, as numbers that follow from its input decide.

extern crate proc_macro;
use std::cell::RefCell;
use std::hint::black_box;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;

use proc_macro::{Literal, TokenStream, TokenTree};

/// Numbers that are the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// What was dropped, and in which state: a sum that depends on the order.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<(u64, u64)>>);

impl Log {
    fn add(&self, number: u64) {
        let (sum, count) = &mut *self.0.borrow_mut();
        *sum = sum.wrapping_mul(0x100000001b3) ^ number;
        *count += 1;
    }
}

/// Says when it is dropped.
struct Noisy {
    log: Log,
    number: u64,
}

impl Drop for Noisy {
    fn drop(&mut self) {
        self.log.add(self.number);
        self.log.add(u64::from(std::thread::panicking()));
    }
}

trait Numbered {
    fn number(&mut self, random: &mut Random) -> u64;
}

struct Quiet(u64);
struct Failing(Noisy);

impl Numbered for Quiet {
    fn number(&mut self, _: &mut Random) -> u64 {
        self.0 += 1;
        self.0
    }
}

impl Numbered for Failing {
    fn number(&mut self, random: &mut Random) -> u64 {
        may_fail(random, 6);
        self.0.number += 2;
        self.0.number
    }
}

#[inline(never)]
fn may_fail(random: &mut Random, one_in: u64) {
    if random.below(one_in) == 0 {
        panic!("{}", random.0);
    }
}

struct State {
    random: Random,
    log: Log,
}

impl State {
    fn noisy(&mut self) -> Noisy {
        Noisy { log: self.log.clone(), number: self.random.below(1000) }
    }

    /// Calls another of these functions.
    #[inline(never)]
    fn any(&mut self, depth: u64) -> u64 {
        if depth == 0 {
            may_fail(&mut self.random, 4);
            return self.random.below(100);
        }
        match self.random.below(9) {
            0 => self.vectors(depth - 1),
            1 => self.boxes(depth - 1),
            2 => self.numbers(depth - 1, 3, -4, 1.5, 0.25, 1 << 100, 'ü'),
            3 => self.catches(depth - 1),
            4 => self.changes(depth - 1),
            5 => self.iterates(depth - 1),
            6 => self.traits(depth - 1),
            7 => self.throws_again(depth - 1),
            _ => self.returns(depth - 1).iter().sum(),
        }
    }

    /// Lengths, capacities and pointers that live across calls.
    #[inline(never)]
    fn vectors(&mut self, depth: u64) -> u64 {
        let first: Vec<Noisy> = (0..self.random.below(4)).map(|_| self.noisy()).collect();
        let a = self.any(depth);
        let mut second = vec![self.noisy()];
        let b = self.any(depth);
        second.extend(first);
        let text = format!("{a} {b} {}", second.len());
        second.push(self.noisy());
        let c = self.any(depth);
        drop(second.swap_remove(0));
        text.len() as u64 + a + b + c + second.len() as u64
    }

    /// Values that are moved on some ways and not on others, so that flags say what is to be dropped.
    #[inline(never)]
    fn boxes(&mut self, depth: u64) -> u64 {
        let one = Box::new(self.noisy());
        let two = Some(Box::new((self.noisy(), [7u16; 5])));
        let mut kept = None;
        if self.random.below(2) == 0 {
            kept = Some(one);
        }
        let a = self.any(depth);
        let b = match two {
            Some(two) if self.random.below(2) == 0 => {
                let (noisy, _) = *two;
                self.any(depth) + noisy.number
            }
            Some(two) => u64::from(two.1[4]) + self.any(depth),
            None => 0,
        };
        let c = self.any(depth);
        a + b + c + kept.map_or(0, |kept| kept.number)
    }

    /// Numbers of every width in many local variables at once.
    #[inline(never)]
    #[allow(clippy::too_many_arguments)]
    fn numbers(&mut self, depth: u64, a: i8, b: i64, c: f32, d: f64, e: u128, f: char) -> u64 {
        let (mut a, mut b, mut c, mut d, mut e) = (a, b, c, d, e);
        let noisy = self.noisy();
        for turn in 0..3u32 {
            let result = panic::catch_unwind(AssertUnwindSafe(|| {
                a = a.wrapping_add(3);
                let inner = self.noisy();
                b ^= self.any(depth) as i64;
                c *= 1.5;
                d += f64::from(c) + inner.number as f64;
                let more = self.any(depth);
                e = e.rotate_left(turn + 7) ^ u128::from(more);
                more
            }));
            match result {
                Ok(more) => self.log.add(more ^ b as u64),
                Err(_) => self.log.add((a as u64) ^ c.to_bits() as u64 ^ d.to_bits() ^ e as u64 ^ (e >> 64) as u64),
            }
        }
        noisy.number ^ a as u64 ^ b as u64 ^ d.to_bits() ^ (e >> 50) as u64 ^ f as u64
    }

    /// Catches, and goes on with what was there before.
    #[inline(never)]
    fn catches(&mut self, depth: u64) -> u64 {
        let (x, y, z) = black_box((self.random.below(10), self.random.below(10), self.random.below(10)));
        let noisy = self.noisy();
        let result = panic::catch_unwind(AssertUnwindSafe(|| {
            let inner = self.noisy();
            let number = self.any(depth);
            self.log.add(x + inner.number);
            number
        }));
        match result {
            Ok(number) => number + x,
            Err(payload) => {
                let text = payload.downcast_ref::<String>().map_or(0, String::len) as u64;
                self.log.add(text);
                text * x + y * noisy.number + z
            }
        }
    }

    /// A destructor that looks at what the code changed before it threw.
    #[inline(never)]
    fn changes(&mut self, depth: u64) -> u64 {
        struct Watch<'a>(&'a RefCell<[u64; 3]>, Log);
        impl Drop for Watch<'_> {
            fn drop(&mut self) {
                for number in *self.0.borrow() {
                    self.1.add(number);
                }
            }
        }
        let watched = RefCell::new([1, 2, 3]);
        let _watch = Watch(&watched, self.log.clone());
        for at in 0..3 {
            let number = self.any(depth);
            watched.borrow_mut()[at] += number;
        }
        watched.borrow().iter().sum()
    }

    /// Iterators that are half used.
    #[inline(never)]
    fn iterates(&mut self, depth: u64) -> u64 {
        let list: Vec<Noisy> = (0..3).map(|_| self.noisy()).collect();
        let mut sum = 0;
        for noisy in list {
            sum += noisy.number;
            if self.random.below(3) == 0 {
                sum += self.any(depth);
            }
        }
        let mapped: Vec<(u64, Noisy)> = (0..2).map(|_| (self.any(depth), self.noisy())).collect();
        sum + mapped.iter().map(|(number, noisy)| number * noisy.number).sum::<u64>()
    }

    /// Calls through tables.
    #[inline(never)]
    fn traits(&mut self, depth: u64) -> u64 {
        let mut all: Vec<Box<dyn Numbered>> = vec![Box::new(Quiet(depth)), Box::new(Failing(self.noisy()))];
        let call: &dyn Fn(&mut State) -> u64 = &|state| state.any(depth);
        let number = call(self);
        let mut sum = number;
        for one in &mut all {
            sum += one.number(&mut self.random);
        }
        all.rotate_left(1);
        sum
    }

    /// Throws what it has caught, or something else.
    #[inline(never)]
    fn throws_again(&mut self, depth: u64) -> u64 {
        let noisy = self.noisy();
        match panic::catch_unwind(AssertUnwindSafe(|| self.any(depth))) {
            Ok(number) => number,
            Err(payload) if self.random.below(2) == 0 => panic::resume_unwind(payload),
            Err(_) if self.random.below(3) == 0 => panic::resume_unwind(Box::new(noisy.number.to_string())),
            Err(_) => noisy.number,
        }
    }

    /// Returns more than a register holds.
    #[inline(never)]
    fn returns(&mut self, depth: u64) -> [u64; 4] {
        let noisy = self.noisy();
        let one = self.any(depth);
        let array = [one, self.any(depth), noisy.number, depth];
        if self.random.below(5) == 0 {
            drop(noisy);
            return [self.any(depth), 1, 2, 3];
        }
        array
    }
}

/// Runs as often as its input says, and gives what came of it.
#[proc_macro]
pub fn run(input: TokenStream) -> TokenStream {
    let times: u64 = input.to_string().parse().unwrap();
    panic::set_hook(Box::new(|_| {}));
    let mut text = String::new();
    for seed in 1..=times {
        let mut state = State { random: Random(seed * 0x9e3779b97f4a7c15), log: Log::default() };
        let result = panic::catch_unwind(AssertUnwindSafe(|| {
            let _noisy = state.noisy();
            state.any(4)
        }));
        let (sum, count) = *state.log.0.borrow();
        let end = match result {
            Ok(number) => format!("{number:x}"),
            Err(payload) => format!("panic {}", payload.downcast_ref::<String>().unwrap()),
        };
        text.push_str(&format!("{seed}: {end}, {count} drops {sum:x}\n"));
    }
    _ = panic::take_hook();
    TokenTree::from(Literal::string(&text)).into()
}
