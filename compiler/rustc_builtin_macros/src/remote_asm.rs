//! Keeps assembly that a macro from elsewhere returns from reading files, and from writing to the compiler's standard output: the
//! assembler would, long after the macro.

use rustc_ast::InlineAsmTemplatePiece;
use rustc_errors::ErrorGuaranteed;
use rustc_expand::base::ExtCtxt;
use rustc_expand::remote_files;

/// Directives that read files, or write them or to the terminal, and those by which a directive's name can be put together.
const DIRECTIVES: [&str; 7] =
    [".incbin", ".include", ".secure_log_unique", ".print", ".macro", ".irp", ".altmacro"];

/// The type of a section by whose text LLVM's linker opens files, by its name in part and by its number.
const DEPENDENT_LIBRARIES: (&str, u64) = ("llvm_dependent", 0x6fff_4c04);

/// Stands for an operand. The assembler has no such character.
const OPERAND: char = '\u{fffc}';

/// Checks the assembly of the invocation that is being expanded.
///
/// # Errors
///
/// Where a macro from elsewhere put it together and it could read a file.
pub(crate) fn check(
    ecx: &ExtCtxt<'_>,
    template: &[InlineAsmTemplatePiece],
) -> Result<(), ErrorGuaranteed> {
    if !remote_files::is_of_macro(ecx) || !could_read(template) {
        return Ok(());
    }
    let span = ecx.current_expansion.id.expn_data().call_site;
    let mut error = ecx
        .dcx()
        .struct_span_err(span, "assembly that a procedural macro returned could read a file, or write to the terminal");
    error.help(format!(
        "{}, and operands that can be directives, are for code that the user writes",
        DIRECTIVES.map(|directive| format!("`{directive}`")).join(", ")
    ));
    Err(error.emit())
}

fn could_read(template: &[InlineAsmTemplatePiece]) -> bool {
    let text: String = template
        .iter()
        .map(|piece| match piece {
            InlineAsmTemplatePiece::String(text) => text.to_ascii_lowercase(),
            InlineAsmTemplatePiece::Placeholder { .. } => OPERAND.to_string(),
        })
        .collect();
    // In what is repeated these two characters are left out.
    let is_cut = text.contains("\\(") && text.contains(".rep");
    is_cut
        || text.contains(DEPENDENT_LIBRARIES.0)
        || text.split(|c: char| !c.is_alphanumeric()).any(|word| number(word) == Some(DEPENDENT_LIBRARIES.1))
        || DIRECTIVES.iter().any(|directive| text.contains(directive))
        || text.match_indices(OPERAND).any(|(at, _)| could_be_directive(&text[..at]))
}

/// The number that a word in small letters is to the assembler.
fn number(word: &str) -> Option<u64> {
    let digits = word.strip_prefix('0').filter(|digits| !digits.is_empty());
    let (digits, radix) = match digits.map(|digits| digits.split_at_checked(1)) {
        None => (word, 10),
        Some(Some(("x", digits))) => (digits, 16),
        Some(Some(("b", digits))) => (digits, 2),
        Some(Some(("o", digits))) => (digits, 8),
        Some(_) => (&word[1..], 8),
    };
    u64::from_str_radix(digits, radix).ok()
}

/// Whether an operand behind that text could be a directive, or a part of one: the name of a symbol may be any.
fn could_be_directive(before: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '@' | OPERAND);
    if before.ends_with(is_word) {
        return true;
    }
    // It is an operand of something if that stands before it in its statement.
    let is_in_statement = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '_' | ',' | '(' | '[' | '+' | '-' | '*' | '%' | '#' | '=' | OPERAND)
    };
    let before = before.trim_end_matches([' ', '\t']);
    // As in `:lo12:{}`, which is no label.
    let is_relocated = before.strip_suffix(':').is_some_and(|before| {
        before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').ends_with(':')
    });
    !before.ends_with(is_in_statement) && !is_relocated
}
