//! Exceptions in compiled code. Handlers find their values in places of their own (`patches/cranelift-codegen`), but only in
//! code that is optimized, so code that is not says what is right.

use std::fmt::Write as _;

use wasmtime::{Config, Engine, Instance, Module, OptLevel, Store};

/// How many functions a module has, each of which calls those before it and itself.
const FUNCTIONS: u64 = 6;

/// How many calls a module makes before it only returns.
const FUEL: u32 = 400;

/// Bytes of stack, enough for as many nested calls as there is fuel.
const STACK: usize = 64 << 20;

/// Types of values, with what stands for them as an `i64`.
const TYPES: [(&str, &str); 4] = [
    ("i32", "i64.extend_i32_s"),
    ("i64", ""),
    // Two conversions, of which the text ends within the second.
    ("f32", "i64.extend_i32_s (i32.reinterpret_f32"),
    ("f64", "i64.reinterpret_f64"),
];

/// So many local variables of each type, parameters included.
const LOCALS: u64 = 4;

/// Writes modules that are the same for the same seed.
struct Writer {
    seed: u64,
    text: String,
    labels: u32,
}

impl Writer {
    fn below(&mut self, end: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed % end
    }

    fn local(&mut self, ty: &str) -> String {
        format!("${ty}_{}", self.below(LOCALS))
    }

    fn get(&mut self, ty: &str) -> String {
        format!("(local.get {})", self.local(ty))
    }

    fn label(&mut self, name: &str) -> String {
        self.labels += 1;
        format!("${name}{}", self.labels)
    }

    fn module(mut self) -> String {
        self.text = format!(
            "(module
              (tag $t (param i32))
              (global $sum (mut i64) (i64.const 1))
              (global $count (mut i32) (i32.const 0))
              (func $note (param i64)
                (global.set $sum (i64.xor (i64.rotl (i64.mul (global.get $sum) (i64.const 31)) (i64.const 7)) (local.get 0))))
              (func $goes_on (result i32)
                (global.set $count (i32.add (global.get $count) (i32.const 1)))
                (i32.lt_u (global.get $count) (i32.const {FUEL})))\n"
        );
        for number in 0..FUNCTIONS {
            self.function(number);
        }
        _ = write!(
            self.text,
            "(func (export \"run\") (result i64) (local $e exnref)
               (block $h (result exnref)
                 (try_table (catch_all_ref $h)
                   (call $note (call $f{} (i32.const 5) (i64.const 7) (f32.const 1.5) (f64.const -2.5))))
                 (return (global.get $sum)))
               (drop)
               (i64.add (global.get $sum) (i64.const 1))))",
            FUNCTIONS - 1
        );
        self.text
    }

    fn function(&mut self, number: u64) {
        _ = write!(self.text, "(func $f{number}");
        for (ty, _) in TYPES {
            _ = write!(self.text, " (param ${ty}_0 {ty})");
        }
        self.text.push_str(" (result i64)");
        for (ty, _) in TYPES {
            for local in 1..LOCALS {
                _ = write!(self.text, " (local ${ty}_{local} {ty})");
            }
        }
        for depth in 0..4 {
            _ = write!(self.text, " (local $e{depth} exnref) (local $turn{depth} i32)");
        }
        self.text.push_str("\n(if (i32.eqz (call $goes_on)) (then (return (local.get $i64_0))))\n");
        for (ty, _) in TYPES {
            for local in 1..LOCALS {
                _ = writeln!(self.text, "(local.set ${ty}_{local} ({ty}.const {}))", self.seed % 100 + local);
            }
        }
        self.statements(number, 0);
        self.note_all();
        let result = self.get("i64");
        _ = writeln!(self.text, "{result})");
    }

    fn note_all(&mut self) {
        for (ty, convert) in TYPES {
            let value = self.get(ty);
            let noted = match convert {
                "" => value,
                convert => format!("({convert} {value}{}", ")".repeat(1 + convert.matches('(').count())),
            };
            _ = writeln!(self.text, "(call $note {noted})");
        }
    }

    fn statements(&mut self, number: u64, depth: u64) {
        for _ in 0..2 + self.below(5) {
            self.statement(number, depth);
        }
    }

    fn statement(&mut self, number: u64, depth: u64) {
        let choices = if depth < 4 { 10 } else { 5 };
        match self.below(choices) {
            0 | 1 => {
                let (ty, _) = TYPES[self.below(4) as usize];
                let op = ["add", "sub", "mul"][self.below(3) as usize];
                let (to, one, two) = (self.local(ty), self.get(ty), self.get(ty));
                _ = writeln!(self.text, "(local.set {to} ({ty}.{op} {one} {two}))");
            }
            2 | 3 => {
                let called = self.below(number + 1);
                let arguments: Vec<String> = TYPES.iter().map(|(ty, _)| self.get(ty)).collect();
                let to = self.local("i64");
                _ = writeln!(self.text, "(local.set {to} (call $f{called} {}))", arguments.join(" "));
            }
            4 => {
                let (value, every) = (self.get("i32"), 2 + self.below(5));
                let condition = format!("(i32.eqz (i32.rem_u (global.get $count) (i32.const {every})))");
                _ = writeln!(self.text, "(if {condition} (then (throw $t {value})))");
            }
            5 | 6 => {
                // A destructor: it looks at everything and throws again.
                let (handler, after) = (self.label("h"), self.label("a"));
                _ = writeln!(
                    self.text,
                    "(block {after} (block {handler} (result exnref) (try_table (catch_all_ref {handler})"
                );
                self.statements(number, depth + 1);
                _ = writeln!(self.text, ") (br {after})) (local.set $e{depth})");
                self.note_all();
                if self.below(3) == 0 {
                    self.statements(number, depth + 1);
                }
                _ = writeln!(self.text, "(throw_ref (local.get $e{depth})))");
            }
            7 => {
                // One that ordinary code gets to as well, and that does not return.
                let (handler, after, condition, value) =
                    (self.label("h"), self.label("a"), self.get("i32"), self.get("i32"));
                let ordinary = format!("(br_if {handler} (i32.and (i32.const 1) {condition}))");
                let places = if self.below(2) == 0 { [&*ordinary, ""] } else { ["", &*ordinary] };
                _ = writeln!(
                    self.text,
                    "(block {after} (block {handler} {} (try_table (catch_all {handler})",
                    places[0]
                );
                self.statements(number, depth + 1);
                _ = writeln!(self.text, "{}) (br {after}))", places[1]);
                self.note_all();
                _ = writeln!(self.text, "(throw $t {value}))");
            }
            8 => {
                let (handler, after, to) = (self.label("h"), self.label("a"), self.local("i32"));
                _ = writeln!(self.text, "(block {after} (block {handler} (result i32) (try_table (catch $t {handler})");
                self.statements(number, depth + 1);
                _ = writeln!(self.text, ") (br {after})) (local.set {to}))");
                self.note_all();
            }
            _ => {
                let again = self.label("l");
                _ = writeln!(self.text, "(local.set $turn{depth} (i32.const 0)) (loop {again}");
                self.statements(number, depth + 1);
                let next = format!("(local.tee $turn{depth} (i32.add (local.get $turn{depth}) (i32.const 1)))");
                _ = writeln!(self.text, "(br_if {again} (i32.lt_u {next} (i32.const 3))))");
            }
        }
    }
}

fn run(module: &[u8], opt_level: OptLevel) -> i64 {
    let mut config = Config::new();
    config.wasm_exceptions(true).cranelift_nan_canonicalization(true).cranelift_opt_level(opt_level);
    config.cranelift_debug_verifier(true);
    config.max_wasm_stack(STACK / 2).async_stack_size(STACK / 2);
    let engine = Engine::new(&config).expect("an engine");
    let module = Module::new(&engine, module).expect("the module should be valid");
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).expect("an instance");
    let run = instance.get_typed_func::<(), i64>(&mut store, "run").expect("`run`");
    run.call(&mut store, ()).expect("nothing traps")
}

fn compare() {
    for seed in 1..=12u64 {
        let writer = Writer { seed: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), text: String::new(), labels: 0 };
        let text = writer.module();
        let module = wat::parse_str(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
        assert_eq!(run(&module, OptLevel::Speed), run(&module, OptLevel::None), "seed {seed}:\n{text}");
    }
}

/// Gets to `$m` without an exception, where before it has got to `(call $may_throw)` at the same place of the stack with
/// another value.
const JOINED: &str = r#"(module
    (tag $t (param i32))
    (global $seen (mut i64) (i64.const 0))
    (func $may_throw (if (i64.ne (global.get $seen) (i64.const 0)) (then (throw $t (i32.const 1)))))
    (func $f (param $past i32) (param $value i64)
      (block $m
        (br_if $m (local.get $past))
        (try_table (catch_all $m) (call $may_throw))
        (return))
      (global.set $seen (local.get $value))
      (throw $t (i32.const 2)))
    (func (export "run") (result i64) (local $e exnref)
      (call $f (i32.const 0) (i64.const 3))
      (block $h (result exnref)
        (try_table (catch_all_ref $h) (call $f (i32.const 1) (i64.const 4)))
        (return (i64.const -1)))
      (drop)
      (global.get $seen)))"#;

/// A guest that finds what another value has left there would read and write wherever it likes.
#[test]
fn code_that_is_reached_without_an_exception_too_finds_its_values() {
    let module = wat::parse_str(JOINED).expect("it is valid");
    assert_eq!([OptLevel::Speed, OptLevel::None].map(|opt_level| run(&module, opt_level)), [4, 4]);
}

#[test]
fn handlers_find_what_they_need_in_optimized_code() {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(compare).expect("a thread");
    thread.join().expect("both should end alike");
}
