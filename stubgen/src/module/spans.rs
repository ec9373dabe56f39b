//! The section that says where in the source of its crate a module's macros are defined, and what they quoted.
//!
//! The compiler puts what stands here into tables that it trusts, so everything that it relies on is checked.

use rustc_hash::FxHashSet;

use super::keys::{Key, Reader, number};
use super::lines::Line;
use super::source_file::{self, SourceFile};
use super::{ModuleError, SPANS_SECTION};

/// How many bytes the source files of a module may have together: 16 MiB. All files of a compilation share 4 GiB of
/// positions, and the compiler ends where those run out.
pub const MAX_SOURCE_BYTES: u64 = 16 << 20;

/// The contents of the section `.rustc_proc_macro_spans`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spans {
    /// The source files that spans are in.
    pub files: Vec<SourceFile>,
    /// The span of the crate's root module.
    pub krate: Option<FileSpan>,
    /// The span of each macro's function, in the order of the declarations. One that is not in a file is `None`.
    pub macros: Vec<Option<FileSpan>>,
    /// The spans of what `quote!` quoted, in the order of their numbers.
    pub quoted: Vec<Option<FileSpan>>,
}

/// A part of a source file. Offsets are bytes, and between characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSpan {
    /// The index in [`Spans::files`].
    pub file: usize,
    /// Where it starts.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
}

impl Spans {
    /// Reads the section's contents, for a module with so many macros.
    pub(super) fn parse(bytes: &[u8], macros: usize) -> Result<Spans, ModuleError> {
        let mut reader = Reader::new(SPANS_SECTION, bytes)?;
        let mut files = Vec::new();
        let mut names = FxHashSet::default();
        let mut total = 0;
        while let Some((file, line)) = source_file::parse(&mut reader)? {
            total += u64::from(file.length);
            if total > MAX_SOURCE_BYTES {
                return Err(line.malformed("the files have more than 16 MiB together"));
            }
            // The compiler tells files apart by their names.
            if !names.insert(file.name.name.clone()) {
                return Err(line.malformed("the file before has the name of an earlier one"));
            }
            files.push(file);
        }
        let (line, value) = reader.required(&CRATE)?;
        let krate = span(&files, &line, value)?;
        let mut list = |key: &Key| -> Result<Vec<_>, ModuleError> {
            let mut spans = Vec::new();
            while let Some((line, value)) = reader.optional(key)? {
                spans.push(span(&files, &line, value)?);
            }
            Ok(spans)
        };
        let (of_macros, quoted) = (list(&MACRO)?, list(&QUOTED)?);
        reader.finish(&QUOTED)?;
        if of_macros.len() != macros {
            return Err(ModuleError::WrongSpanCount { found: of_macros.len(), expected: macros });
        }
        Ok(Spans { files, krate, macros: of_macros, quoted })
    }

    /// Where the macro of that number is defined: the name of the file, and line and column, counted from 1.
    pub fn place_of(&self, index: usize) -> Option<(&str, usize, usize)> {
        let span = (*self.macros.get(index)?)?;
        let file = self.files.get(span.file)?;
        let (line, column) = file.place(span.start);
        Some((&file.name.name, line, column))
    }
}

const CRATE: Key = Key { text: "crate", expected: "expected `crate=FILE:START:END` or `crate=`" };
const MACRO: Key = Key { text: "macro", expected: "expected `macro=FILE:START:END` or `macro=`" };
const QUOTED: Key = Key { text: "quoted", expected: "expected `quoted=FILE:START:END` or `quoted=`" };

/// `FILE:START:END`, or nothing.
fn span(files: &[SourceFile], line: &Line<'_>, value: &str) -> Result<Option<FileSpan>, ModuleError> {
    if value.is_empty() {
        return Ok(None);
    }
    let mut numbers = value.split(':').map(number);
    let (Some(Some(index)), Some(Some(start)), Some(Some(end)), None) =
        (numbers.next(), numbers.next(), numbers.next(), numbers.next())
    else {
        return Err(line.malformed("expected `FILE:START:END`, three decimal numbers"));
    };
    let Some(file) = files.get(index as usize) else { return Err(line.malformed("there is no such file")) };
    if start > end {
        return Err(line.malformed("the span ends before it starts"));
    }
    if end > file.length {
        return Err(line.malformed("the span ends after its file"));
    }
    if file.is_in_character(start) || file.is_in_character(end) {
        return Err(line.malformed("the span cuts a character"));
    }
    Ok(Some(FileSpan { file: index as usize, start, end }))
}
