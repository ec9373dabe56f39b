//! What a program does, told by walking over it.

use super::program::{Arguments, Function, Handler, LOCALS, Op, Program, Statement, Tag, Type};
use super::{FUEL, TURNS};

/// The variables of a function.
#[derive(Clone, Copy, Default)]
struct Locals {
    i32: [i32; LOCALS as usize],
    i64: [i64; LOCALS as usize],
    f32: [f32; LOCALS as usize],
    f64: [f64; LOCALS as usize],
    v128: [[u32; 4]; LOCALS as usize],
}

/// The values of a call, one of each type.
#[derive(Clone, Copy)]
struct Values {
    i32: i32,
    i64: i64,
    f32: f32,
    f64: f64,
    v128: [u32; 4],
}

#[derive(Clone, Copy)]
enum Exception {
    Small(i32),
    Large(i64, [u32; 4]),
}

impl Exception {
    fn tag(self) -> Tag {
        match self {
            Exception::Small(_) => Tag::Small,
            Exception::Large(..) => Tag::Large,
        }
    }
}

/// How a statement ends.
enum Flow {
    Next,
    /// So many blocks are still to be left.
    Break(u8),
    Return(i64),
    TailCall(u8, Values),
    Throw(Exception),
}

struct Machine<'a> {
    program: &'a Program,
    sum: i64,
    count: u32,
}

/// The result of a program.
pub(super) fn interpret(program: &Program) -> i64 {
    let mut machine = Machine { program, sum: 1, count: 0 };
    let values = Values { i32: 5, i64: 7, f32: 1.5, f64: -2.5, v128: [1, 2, 3, 4] };
    match machine.call(program.functions.len() as u8 - 1, values) {
        Ok(result) => {
            machine.note(result);
            machine.sum
        }
        Err(_) => machine.sum.wrapping_add(1),
    }
}

impl Machine<'_> {
    fn note(&mut self, value: i64) {
        self.sum = self.sum.wrapping_mul(31).rotate_left(7) ^ value;
    }

    fn note_all(&mut self, locals: &Locals, of: &Arguments) {
        let values = locals.values(of);
        self.note(values.i32.into());
        self.note(values.i64);
        self.note(i64::from(values.f32.to_bits().cast_signed()));
        self.note(values.f64.to_bits().cast_signed());
        let [a, b, c, d] = values.v128.map(u64::from);
        self.note((a | b << 32).cast_signed());
        self.note((c | d << 32).cast_signed());
    }

    fn call(&mut self, mut callee: u8, mut values: Values) -> Result<i64, Exception> {
        loop {
            self.count += 1;
            if self.count >= FUEL {
                return Ok(values.i64);
            }
            let function = &self.program.functions[usize::from(callee)];
            let mut locals = Locals::new(function, values);
            match self.statements(&function.body, &mut locals) {
                // A function is a block, too.
                Flow::Next | Flow::Break(_) => return Ok(locals.i64[usize::from(function.result)]),
                Flow::Return(value) => return Ok(value),
                Flow::TailCall(next, given) => (callee, values) = (next, given),
                Flow::Throw(exception) => return Err(exception),
            }
        }
    }

    fn statements(&mut self, statements: &[Statement], locals: &mut Locals) -> Flow {
        for statement in statements {
            match self.statement(statement, locals) {
                Flow::Next => {}
                other => return other,
            }
        }
        Flow::Next
    }

    /// Statements that are a block, which a break leaves.
    fn block(&mut self, statements: &[Statement], locals: &mut Locals) -> Flow {
        left(self.statements(statements, locals))
    }

    fn is_turn(&self, every: u8) -> bool {
        self.count.is_multiple_of(every.into())
    }

    fn statement(&mut self, statement: &Statement, locals: &mut Locals) -> Flow {
        match statement {
            Statement::Set { ty, op, to, one, two } => locals.set(*ty, *op, *to, *one, *two),
            Statement::Note { of } => self.note_all(locals, of),
            Statement::Call { callee, arguments, to, .. } => match self.call(*callee, locals.values(arguments)) {
                Ok(value) => locals.i64[usize::from(*to)] = value,
                Err(exception) => return Flow::Throw(exception),
            },
            Statement::TailCall { callee, arguments, .. } => return Flow::TailCall(*callee, locals.values(arguments)),
            Statement::Throw { every, tag, values } if self.is_turn(*every) => {
                let values = locals.values(values);
                return Flow::Throw(match tag {
                    Tag::Small => Exception::Small(values.i32),
                    Tag::Large => Exception::Large(values.i64, values.v128),
                });
            }
            Statement::Return { every, value } if self.is_turn(*every) => {
                return Flow::Return(locals.i64[usize::from(*value)]);
            }
            Statement::Throw { .. } | Statement::Return { .. } => {}
            Statement::Break { levels, condition } => {
                if locals.is_odd(*condition) {
                    return Flow::Break(*levels);
                }
            }
            Statement::If { condition, then, other } => {
                let taken = if locals.is_odd(*condition) { then } else { other };
                return self.block(taken, locals);
            }
            Statement::Loop { body } => {
                for _ in 0..TURNS {
                    match self.statements(body, locals) {
                        Flow::Next => {}
                        other => return left(other),
                    }
                }
            }
            Statement::Try { body, handlers } => {
                return match self.block(body, locals) {
                    Flow::Throw(exception) => self.handle(exception, handlers, locals),
                    other => other,
                };
            }
            Statement::Joined { before, condition, body, note, value } => {
                let mut flow = if *before && locals.is_odd(*condition) {
                    Flow::Throw(Exception::Small(0))
                } else {
                    self.block(body, locals)
                };
                if matches!(flow, Flow::Next) && !before && locals.is_odd(*condition) {
                    flow = Flow::Throw(Exception::Small(0));
                }
                return match flow {
                    Flow::Throw(_) => {
                        self.note_all(locals, note);
                        Flow::Throw(Exception::Small(locals.i32[usize::from(*value)]))
                    }
                    other => other,
                };
            }
        }
        Flow::Next
    }

    fn handle(&mut self, exception: Exception, handlers: &[Handler], locals: &mut Locals) -> Flow {
        let fits = |handler: &&Handler| handler.tag.is_none_or(|tag| tag == exception.tag());
        let Some(handler) = handlers.iter().find(fits) else { return Flow::Throw(exception) };
        if handler.tag.is_some() {
            match exception {
                Exception::Small(value) => locals.i32[usize::from(handler.to[0])] = value,
                Exception::Large(value, vector) => {
                    locals.i64[usize::from(handler.to[1])] = value;
                    locals.v128[usize::from(handler.to[4])] = vector;
                }
            }
        }
        self.note_all(locals, &handler.note);
        match self.block(&handler.body, locals) {
            Flow::Next if handler.again => Flow::Throw(exception),
            other => other,
        }
    }
}

/// What a break is outside of a block.
fn left(flow: Flow) -> Flow {
    match flow {
        Flow::Break(0) => Flow::Next,
        Flow::Break(levels) => Flow::Break(levels - 1),
        other => other,
    }
}

impl Locals {
    fn new(function: &Function, values: Values) -> Locals {
        let mut locals = Locals::default();
        for local in 1..LOCALS {
            let (at, constant) = (usize::from(local), function.constants.wrapping_add(local));
            locals.i32[at] = constant.into();
            locals.i64[at] = constant.into();
            locals.f32[at] = constant.into();
            locals.f64[at] = constant.into();
            locals.v128[at] = [constant.into(); 4];
        }
        locals.i32[0] = values.i32;
        locals.i64[0] = values.i64;
        locals.f32[0] = values.f32;
        locals.f64[0] = values.f64;
        locals.v128[0] = values.v128;
        locals
    }

    fn values(&self, of: &Arguments) -> Values {
        let of = of.map(usize::from);
        Values {
            i32: self.i32[of[0]],
            i64: self.i64[of[1]],
            f32: self.f32[of[2]],
            f64: self.f64[of[3]],
            v128: self.v128[of[4]],
        }
    }

    fn is_odd(&self, local: u8) -> bool {
        self.i32[usize::from(local)] & 1 == 1
    }

    fn set(&mut self, ty: Type, op: Op, to: u8, one: u8, two: u8) {
        let [to, one, two] = [to, one, two].map(usize::from);
        macro_rules! of {
            ($values:expr, $add:ident, $sub:ident, $mul:ident) => {
                $values[to] = match op {
                    Op::Add => $values[one].$add($values[two]),
                    Op::Sub => $values[one].$sub($values[two]),
                    Op::Mul => $values[one].$mul($values[two]),
                }
            };
        }
        use std::ops::{Add as _, Mul as _, Sub as _};
        match ty {
            Type::I32 => of!(self.i32, wrapping_add, wrapping_sub, wrapping_mul),
            Type::I64 => of!(self.i64, wrapping_add, wrapping_sub, wrapping_mul),
            Type::F32 => {
                of!(self.f32, add, sub, mul);
                if self.f32[to].is_nan() {
                    self.f32[to] = f32::from_bits(0x7fc0_0000);
                }
            }
            Type::F64 => {
                of!(self.f64, add, sub, mul);
                if self.f64[to].is_nan() {
                    self.f64[to] = f64::from_bits(0x7ff8_0000_0000_0000);
                }
            }
            Type::V128 => {
                let (one, two) = (self.v128[one], self.v128[two]);
                self.v128[to] = std::array::from_fn(|lane| match op {
                    Op::Add => one[lane].wrapping_add(two[lane]),
                    Op::Sub => one[lane].wrapping_sub(two[lane]),
                    Op::Mul => one[lane].wrapping_mul(two[lane]),
                });
            }
        }
    }
}
