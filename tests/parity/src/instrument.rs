//! Changes of a module that let its requests be seen, or that break one of them.
//!
//! All requests of a macro go through one imported function, `dispatch`. A function of ours is put in its place, which calls it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, Function, FunctionSection, MemArg, Module};
use wasmparser::{CodeSectionReader, FunctionSectionReader, Parser, Payload, TypeRef};

/// What stands before and after the letter of a request.
const MARK: [u8; 8] = *b"@@req=?\n";

/// Where the letter stands in it.
const LETTER: u64 = 6;

/// The letter of request 0.
const FIRST_LETTER: u8 = b'A';

/// What a module is made to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Writes a mark to stderr for each request.
    Report,
    /// Flips the lowest bit of the last byte of each answer to the request of that number.
    Falsify(u8),
}

/// The requests that a changed module has reported.
pub fn reported(stderr: &str) -> BTreeSet<u8> {
    let mark = std::str::from_utf8(&MARK[..LETTER as usize]).expect("it is ASCII");
    let letters = stderr.split(mark).skip(1).filter_map(|rest| rest.bytes().next());
    letters.filter_map(|letter| letter.checked_sub(FIRST_LETTER)).collect()
}

/// A changed copy of the module, beside it.
///
/// # Errors
///
/// If it is not as rustc makes modules.
pub fn changed(module: &Path, change: Change) -> Result<PathBuf, String> {
    let suffix = match change {
        Change::Report => "report".to_owned(),
        Change::Falsify(request) => format!("falsify-{request}"),
    };
    let path = module.with_extension(format!("{suffix}.wasm"));
    if path.exists() {
        return Ok(path);
    }
    let in_words = |error: std::io::Error| format!("cannot change `{}`: {error}", module.display());
    let bytes = change_bytes(&fs::read(module).map_err(in_words)?, change)?;
    let aside = tempfile::NamedTempFile::new_in(module.parent().expect("it is in a directory")).map_err(in_words)?;
    fs::write(aside.path(), bytes).map_err(in_words)?;
    aside.persist(&path).map_err(|error| in_words(error.error))?;
    Ok(path)
}

fn change_bytes(module: &[u8], change: Change) -> Result<Vec<u8>, String> {
    let mut changer = Changer::new(module, change)?;
    let mut changed = Module::new();
    let result = changer.parse_core_module(&mut changed, Parser::new(0), module);
    result.map_err(|error| format!("the module cannot be changed: {error}"))?;
    Ok(changed.finish())
}

/// Sends all calls of `dispatch` to a function at the end.
struct Changer {
    change: Change,
    dispatch: u32,
    dispatch_type: u32,
    fd_write: u32,
    /// The index of our function.
    ours: u32,
}

impl Changer {
    fn new(module: &[u8], change: Change) -> Result<Changer, String> {
        let mut functions: Vec<(Cow<'_, str>, u32)> = Vec::new();
        let mut defined = 0;
        for payload in Parser::new(0).parse_all(module) {
            match payload.map_err(|error| error.to_string())? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import.map_err(|error| error.to_string())?;
                        if let TypeRef::Func(ty) = import.ty {
                            functions.push((import.name.into(), ty));
                        }
                    }
                }
                Payload::FunctionSection(section) => defined = section.count(),
                _ => {}
            }
        }
        let find = |name: &str| {
            let position = functions.iter().position(|(found, _)| found == name);
            position
                .and_then(|index| u32::try_from(index).ok())
                .ok_or_else(|| format!("the module does not import `{name}`"))
        };
        let (dispatch, fd_write) = (find("dispatch")?, find("fd_write")?);
        let dispatch_type = functions[dispatch as usize].1;
        let ours = u32::try_from(functions.len()).expect("an index is 32 bits") + defined;
        Ok(Changer { change, dispatch, dispatch_type, fd_write, ours })
    }

    /// `dispatch(ptr, len, cap) -> len`, and what is to happen before and after.
    fn function(&self) -> Function {
        const I32: wasm_encoder::ValType = wasm_encoder::ValType::I32;
        let at = |offset, align| MemArg { offset, align, memory_index: 0 };
        let (ptr, len, cap, stack, request, reply_len) = (0, 1, 2, 3, 4, 5);
        let mut function = Function::new([(3, I32)]);
        let mut code = function.instructions();
        code.local_get(ptr).i32_load8_u(at(0, 0)).local_set(request);
        if self.change == Change::Report {
            // Below the shadow stack, whose pointer is the first global: an iovec of 8 bytes, its result, and the mark.
            code.global_get(0).i32_const(32).i32_sub().local_set(stack);
            code.local_get(stack).i64_const(i64::from_le_bytes(MARK)).i64_store(at(16, 0));
            code.local_get(stack)
                .local_get(request)
                .i32_const(FIRST_LETTER.into())
                .i32_add()
                .i32_store8(at(16 + LETTER, 0));
            code.local_get(stack).local_get(stack).i32_const(16).i32_add().i32_store(at(0, 0));
            code.local_get(stack).i32_const(8).i32_store(at(4, 0));
            code.i32_const(2).local_get(stack).i32_const(1).local_get(stack).i32_const(8).i32_add();
            code.call(self.fd_write).drop();
        }
        code.local_get(ptr).local_get(len).local_get(cap).call(self.dispatch).local_set(reply_len);
        if let Change::Falsify(number) = self.change {
            // An answer that does not fit the buffer stays pending and is not changed.
            code.local_get(request).i32_const(number.into()).i32_eq();
            code.local_get(reply_len).i32_const(0).i32_gt_u().i32_and();
            code.local_get(reply_len).local_get(cap).i32_le_u().i32_and().if_(wasm_encoder::BlockType::Empty);
            code.local_get(ptr).local_get(reply_len).i32_add().i32_const(1).i32_sub().local_tee(stack);
            code.local_get(stack).i32_load8_u(at(0, 0)).i32_const(1).i32_xor().i32_store8(at(0, 0));
            code.end();
        }
        code.local_get(reply_len).end();
        function
    }
}

impl Reencode for Changer {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, Error<Infallible>> {
        Ok(if index == self.dispatch { self.ours } else { index })
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_function_section(self, functions, section)?;
        functions.function(self.dispatch_type);
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_code_section(self, code, section)?;
        code.function(&self.function());
        Ok(())
    }
}
