//! Programs that throw and catch, made of an input. They are small and always end.

use arbitrary::{Result, Unstructured};

/// How many variables a function has of each type; the first of each is a parameter.
pub(super) const LOCALS: u8 = 3;

/// How many functions a program may have. Each calls those before it and itself.
const FUNCTIONS: u8 = 4;

/// How many statements a program may have.
const STATEMENTS: u32 = 40;

/// How deep statements may stand in each other.
pub(super) const DEPTH: usize = 4;

/// The types of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    I32,
    I64,
    F32,
    F64,
    V128,
}

impl Type {
    pub(super) const ALL: [Type; 5] = [Type::I32, Type::I64, Type::F32, Type::F64, Type::V128];
}

/// A tag, with the types of what is thrown with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// `i32`
    Small,
    /// `i64` and `v128`
    Large,
}

/// One function for each type of argument, by the number of a variable.
pub(super) type Arguments = [u8; 5];

#[derive(Debug)]
pub(super) enum Statement {
    /// A variable gets what an operation makes of two.
    Set {
        ty: Type,
        op: Op,
        to: u8,
        one: u8,
        two: u8,
    },
    /// Notes a variable of each type.
    Note {
        of: Arguments,
    },
    /// Calls a function, by itself or by a table, and keeps its result.
    Call {
        callee: u8,
        indirect: bool,
        arguments: Arguments,
        to: u8,
    },
    /// Returns what another function returns.
    TailCall {
        callee: u8,
        indirect: bool,
        arguments: Arguments,
    },
    /// Throws, at every so manieth call.
    Throw {
        every: u8,
        tag: Tag,
        values: Arguments,
    },
    /// Returns, at every so manieth call.
    Return {
        every: u8,
        value: u8,
    },
    /// Leaves so many of the blocks around it if a variable is odd.
    Break {
        levels: u8,
        condition: u8,
    },
    If {
        condition: u8,
        then: Vec<Statement>,
        other: Vec<Statement>,
    },
    /// Three times.
    Loop {
        body: Vec<Statement>,
    },
    /// A block with handlers. What a handler does follows on what came with the exception.
    Try {
        body: Vec<Statement>,
        handlers: Vec<Handler>,
    },
    /// A handler that ordinary code gets to as well, and that throws.
    Joined {
        before: bool,
        condition: u8,
        body: Vec<Statement>,
        note: Arguments,
        value: u8,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    Add,
    Sub,
    Mul,
}

#[derive(Debug)]
pub(super) struct Handler {
    /// What is caught; everything without a tag.
    pub(super) tag: Option<Tag>,
    /// Whether the exception itself is kept.
    pub(super) reference: bool,
    /// The variables that what came with it is put into, by type.
    pub(super) to: Arguments,
    pub(super) note: Arguments,
    pub(super) body: Vec<Statement>,
    /// Whether it is thrown again, by its reference.
    pub(super) again: bool,
}

#[derive(Debug)]
pub(super) struct Function {
    /// What variables that are no parameters begin with.
    pub(super) constants: u8,
    pub(super) body: Vec<Statement>,
    /// The variable that is returned.
    pub(super) result: u8,
}

#[derive(Debug)]
pub(super) struct Program {
    pub(super) functions: Vec<Function>,
}

impl Program {
    /// Makes a program of an input.
    pub(super) fn of(input: &mut Unstructured<'_>) -> Result<Program> {
        let mut writer = Writer { input, left: STATEMENTS, function: 0 };
        let mut functions = Vec::new();
        for function in 0..writer.input.int_in_range(1..=FUNCTIONS)? {
            writer.function = function;
            let constants = writer.input.arbitrary()?;
            let body = writer.statements(0)?;
            functions.push(Function { constants, body, result: writer.local()? });
        }
        Ok(Program { functions })
    }
}

struct Writer<'a, 'b> {
    input: &'a mut Unstructured<'b>,
    left: u32,
    function: u8,
}

impl Writer<'_, '_> {
    fn local(&mut self) -> Result<u8> {
        self.input.int_in_range(0..=LOCALS - 1)
    }

    fn arguments(&mut self) -> Result<Arguments> {
        let mut arguments = [0; 5];
        for argument in &mut arguments {
            *argument = self.local()?;
        }
        Ok(arguments)
    }

    fn every(&mut self) -> Result<u8> {
        self.input.int_in_range(2..=6)
    }

    fn tag(&mut self) -> Result<Tag> {
        Ok(if self.input.arbitrary()? { Tag::Large } else { Tag::Small })
    }

    fn statements(&mut self, depth: usize) -> Result<Vec<Statement>> {
        let mut statements = Vec::new();
        for _ in 0..self.input.int_in_range(1..=5)? {
            if self.left == 0 || self.input.is_empty() {
                break;
            }
            self.left -= 1;
            statements.push(self.statement(depth)?);
        }
        Ok(statements)
    }

    fn statement(&mut self, depth: usize) -> Result<Statement> {
        let last = if depth < DEPTH { 18 } else { 9 };
        Ok(match self.input.int_in_range(0..=last)? {
            0 | 1 => Statement::Set {
                ty: *self.input.choose(&Type::ALL)?,
                op: *self.input.choose(&[Op::Add, Op::Sub, Op::Mul])?,
                to: self.local()?,
                one: self.local()?,
                two: self.local()?,
            },
            2 => Statement::Note { of: self.arguments()? },
            3..=5 => Statement::Call {
                callee: self.input.int_in_range(0..=self.function)?,
                indirect: self.input.ratio(1, 4)?,
                arguments: self.arguments()?,
                to: self.local()?,
            },
            6 => Statement::TailCall {
                callee: self.input.int_in_range(0..=self.function)?,
                indirect: self.input.ratio(1, 4)?,
                arguments: self.arguments()?,
            },
            7 => Statement::Throw { every: self.every()?, tag: self.tag()?, values: self.arguments()? },
            8 => Statement::Return { every: self.every()?, value: self.local()? },
            9 => Statement::Break { levels: self.input.int_in_range(0..=2)?, condition: self.local()? },
            10 => Statement::If {
                condition: self.local()?,
                then: self.statements(depth + 1)?,
                other: self.statements(depth + 1)?,
            },
            11 | 12 => Statement::Loop { body: self.statements(depth + 1)? },
            13 => Statement::Joined {
                before: self.input.arbitrary()?,
                condition: self.local()?,
                body: self.statements(depth + 1)?,
                note: self.arguments()?,
                value: self.local()?,
            },
            _ => Statement::Try { body: self.statements(depth + 1)?, handlers: self.handlers(depth)? },
        })
    }

    fn handlers(&mut self, depth: usize) -> Result<Vec<Handler>> {
        let mut handlers = Vec::new();
        for _ in 0..self.input.int_in_range(1..=3)? {
            // Most handlers of compiled Rust are destructors: everything is caught and thrown again.
            let tag = if self.input.ratio(1, 2)? { None } else { Some(self.tag()?) };
            let reference = self.input.ratio(3, 4)?;
            handlers.push(Handler {
                tag,
                reference,
                to: self.arguments()?,
                note: self.arguments()?,
                body: if self.input.ratio(1, 3)? { self.statements(depth + 1)? } else { Vec::new() },
                again: reference && self.input.ratio(2, 3)?,
            });
        }
        Ok(handlers)
    }
}
