//! A program in WebAssembly's text format.

use std::fmt::Write as _;

use super::program::{Arguments, Function, Handler, LOCALS, Op, Program, Statement, Tag, Type};
use super::{FUEL, TURNS};

/// The text of a module that exports `run`, a function from nothing to the result.
pub(super) fn module(program: &Program) -> String {
    let mut text = format!(
        "(module
          (tag $small (param i32))
          (tag $large (param i64 v128))
          (type $f (func (param i32 i64 f32 f64 v128) (result i64)))
          (table funcref (elem {}))
          (global $sum (mut i64) (i64.const 1))
          (global $count (mut i32) (i32.const 0))
          (func $note (param i64)
            (global.set $sum (i64.xor (i64.rotl (i64.mul (global.get $sum) (i64.const 31)) (i64.const 7)) (local.get 0))))
          (func $goes_on (result i32)
            (global.set $count (i32.add (global.get $count) (i32.const 1)))
            (i32.lt_u (global.get $count) (i32.const {FUEL})))\n",
        (0..program.functions.len()).map(|number| format!("$f{number} ")).collect::<String>()
    );
    for (number, function) in program.functions.iter().enumerate() {
        Writer { text: &mut text, labels: 0, blocks: Vec::new() }.function(number, function);
    }
    _ = write!(
        text,
        "(func (export \"run\") (result i64)
           (block $h (result exnref)
             (try_table (catch_all_ref $h)
               (call $note (call $f{} (i32.const 5) (i64.const 7) (f32.const 1.5) (f64.const -2.5) (v128.const i32x4 1 2 3 4))))
             (return (global.get $sum)))
           (drop)
           (i64.add (global.get $sum) (i64.const 1))))",
        program.functions.len() - 1
    );
    text
}

fn name(ty: Type) -> &'static str {
    match ty {
        Type::I32 => "i32",
        Type::I64 => "i64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::V128 => "v128",
    }
}

fn get(ty: Type, local: u8) -> String {
    format!("(local.get ${}_{local})", name(ty))
}

fn tag_name(tag: Tag) -> &'static str {
    match tag {
        Tag::Small => "$small",
        Tag::Large => "$large",
    }
}

fn values(of: &Arguments) -> String {
    Type::ALL.iter().zip(of).map(|(&ty, &local)| get(ty, local)).collect()
}

struct Writer<'a> {
    text: &'a mut String,
    labels: u32,
    /// The blocks around, which a break leaves.
    blocks: Vec<String>,
}

impl Writer<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn label(&mut self, name: &str) -> String {
        self.labels += 1;
        format!("${name}{}", self.labels)
    }

    fn function(mut self, number: usize, function: &Function) {
        self.line(&format!("(func $f{number} (type $f)"));
        for ty in Type::ALL {
            self.line(&format!("(param ${0}_0 {0})", name(ty)));
        }
        self.line("(result i64)");
        for ty in Type::ALL {
            for local in 1..LOCALS {
                self.line(&format!("(local ${0}_{local} {0})", name(ty)));
            }
        }
        let mut text = String::new();
        std::mem::swap(&mut text, self.text);
        // What handlers and loops need is known only when they have been written.
        self.line("(if (i32.eqz (call $goes_on)) (then (return (local.get $i64_0))))");
        for local in 1..LOCALS {
            let constant = function.constants.wrapping_add(local);
            for ty in [Type::I32, Type::I64, Type::F32, Type::F64] {
                self.line(&format!("(local.set ${0}_{local} ({0}.const {constant}))", name(ty)));
            }
            self.line(&format!("(local.set $v128_{local} (i32x4.splat (i32.const {constant})))"));
        }
        self.block(&function.body);
        self.line(&format!("{})", get(Type::I64, function.result)));
        std::mem::swap(&mut text, self.text);
        for label in 0..=self.labels {
            _ = write!(self.text, "(local $e{label} exnref) (local $turn{label} i32)");
        }
        self.text.push_str(&text);
    }

    /// Statements that are a block, which a break leaves.
    fn block(&mut self, statements: &[Statement]) {
        let label = self.label("b");
        self.line(&format!("(block {label}"));
        self.blocks.push(label);
        self.statements(statements);
        self.blocks.pop();
        self.line(")");
    }

    fn statements(&mut self, statements: &[Statement]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    fn note(&mut self, of: &Arguments) {
        for (ty, &local) in Type::ALL.into_iter().zip(of) {
            let value = get(ty, local);
            let noted = match ty {
                Type::I32 => format!("(i64.extend_i32_s {value})"),
                Type::I64 => value,
                Type::F32 => format!("(i64.extend_i32_s (i32.reinterpret_f32 {value}))"),
                Type::F64 => format!("(i64.reinterpret_f64 {value})"),
                Type::V128 => {
                    self.line(&format!("(call $note (i64x2.extract_lane 0 {value}))"));
                    format!("(i64x2.extract_lane 1 {value})")
                }
            };
            self.line(&format!("(call $note {noted})"));
        }
    }

    fn is_turn(every: u8) -> String {
        format!("(i32.eqz (i32.rem_u (global.get $count) (i32.const {every})))")
    }

    fn is_odd(local: u8) -> String {
        format!("(i32.and (i32.const 1) {})", get(Type::I32, local))
    }

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Set { ty, op, to, one, two } => {
                let shape = if *ty == Type::V128 { "i32x4" } else { name(*ty) };
                let op = match op {
                    Op::Add => "add",
                    Op::Sub => "sub",
                    Op::Mul => "mul",
                };
                let operands = [get(*ty, *one), get(*ty, *two)].concat();
                self.line(&format!("(local.set ${}_{to} ({shape}.{op} {operands}))", name(*ty)));
            }
            Statement::Note { of } => self.note(of),
            Statement::Call { callee, indirect, arguments, to } => {
                let call = Self::call("call", *callee, *indirect, arguments);
                self.line(&format!("(local.set $i64_{to} {call})"));
            }
            Statement::TailCall { callee, indirect, arguments } => {
                self.line(&Self::call("return_call", *callee, *indirect, arguments));
            }
            Statement::Throw { every, tag, values } => {
                let value = |ty: usize| get(Type::ALL[ty], values[ty]);
                let thrown = match tag {
                    Tag::Small => value(0),
                    Tag::Large => [value(1), value(4)].concat(),
                };
                self.line(&format!("(if {} (then (throw {} {thrown})))", Self::is_turn(*every), tag_name(*tag)));
            }
            Statement::Return { every, value } => {
                let value = get(Type::I64, *value);
                self.line(&format!("(if {} (then (return {value})))", Self::is_turn(*every)));
            }
            Statement::Break { levels, condition } => {
                let at = self.blocks.len().saturating_sub(1 + usize::from(*levels));
                let line = format!("(br_if {} {})", self.blocks[at], Self::is_odd(*condition));
                self.line(&line);
            }
            Statement::If { condition, then, other } => {
                self.line(&format!("(if {} (then", Self::is_odd(*condition)));
                self.block(then);
                self.line(") (else");
                self.block(other);
                self.line("))");
            }
            Statement::Loop { body } => self.repeat(body),
            Statement::Try { body, handlers } => self.guarded(body, handlers),
            Statement::Joined { before, condition, body, note, value } => {
                let (handler, after) = (self.label("h"), self.label("a"));
                let ordinary = format!("(br_if {handler} {})", Self::is_odd(*condition));
                self.line(&format!("(block {after} (block {handler}"));
                if *before {
                    self.line(&ordinary);
                }
                self.line(&format!("(try_table (catch_all {handler})"));
                self.block(body);
                if !before {
                    self.line(&ordinary);
                }
                self.line(&format!(") (br {after}))"));
                self.note(note);
                self.line(&format!("(throw $small {}))", get(Type::I32, *value)));
            }
        }
    }

    fn call(instruction: &str, callee: u8, indirect: bool, arguments: &Arguments) -> String {
        let arguments = values(arguments);
        if indirect {
            format!("({instruction}_indirect (type $f) {arguments} (i32.const {callee}))")
        } else {
            format!("({instruction} $f{callee} {arguments})")
        }
    }

    fn repeat(&mut self, body: &[Statement]) {
        let (around, again) = (self.label("b"), self.label("l"));
        let turn = format!("$turn{}", self.labels);
        self.line(&format!("(block {around} (local.set {turn} (i32.const 0)) (loop {again}"));
        self.blocks.push(around);
        self.statements(body);
        self.blocks.pop();
        let next = format!("(local.tee {turn} (i32.add (local.get {turn}) (i32.const 1)))");
        self.line(&format!("(br_if {again} (i32.lt_u {next} (i32.const {TURNS})))))"));
    }

    /// A block in which every handler has its place: the last one is the innermost.
    fn guarded(&mut self, body: &[Statement], handlers: &[Handler]) {
        let after = self.label("a");
        let labels: Vec<String> = handlers.iter().map(|_| self.label("h")).collect();
        self.line(&format!("(block {after}"));
        for (handler, label) in handlers.iter().zip(&labels) {
            let thrown = match handler.tag {
                Some(Tag::Small) => "i32",
                Some(Tag::Large) => "i64 v128",
                None => "",
            };
            let reference = if handler.reference { "exnref" } else { "" };
            self.line(&format!("(block {label} (result {thrown} {reference})"));
        }
        let clauses = handlers.iter().zip(&labels).map(|(handler, label)| match (handler.tag, handler.reference) {
            (Some(tag), false) => format!("(catch {} {label})", tag_name(tag)),
            (Some(tag), true) => format!("(catch_ref {} {label})", tag_name(tag)),
            (None, false) => format!("(catch_all {label})"),
            (None, true) => format!("(catch_all_ref {label})"),
        });
        let clauses: String = clauses.collect();
        self.line(&format!("(try_table {clauses}"));
        self.block(body);
        self.line(&format!(") (br {after})"));
        for (handler, label) in handlers.iter().zip(&labels).rev() {
            self.line(")");
            let reference = format!("$e{}", &label[2..]);
            if handler.reference {
                self.line(&format!("(local.set {reference})"));
            }
            match handler.tag {
                Some(Tag::Small) => self.line(&format!("(local.set $i32_{})", handler.to[0])),
                Some(Tag::Large) => {
                    self.line(&format!("(local.set $v128_{}) (local.set $i64_{})", handler.to[4], handler.to[1]));
                }
                None => {}
            }
            self.note(&handler.note);
            self.block(&handler.body);
            let end =
                if handler.again { format!("(throw_ref (local.get {reference}))") } else { format!("(br {after})") };
            self.line(&end);
        }
        self.line(")");
    }
}
