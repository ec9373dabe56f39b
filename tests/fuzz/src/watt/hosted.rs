//! The functions that a guest of watt imports, called by one.

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use rustc_wasm_proc_macro::{Dispatch, Module};
use rustc_wasm_proc_macro_api::watt::{Format, Session};

use super::operations;
use crate::support::guests::load;
use crate::support::watt::Tokens;

static MODULE: LazyLock<Module> = LazyLock::new(|| load(&operations::text()));

struct Compiler(Session<Tokens>);

impl Dispatch for Compiler {
    fn dispatch(&mut self, request: &[u8]) -> std::result::Result<&[u8], String> {
        self.0.answer(request)
    }
}

/// Runs a guest that does what the input says.
pub(super) fn run(input: &mut Unstructured<'_>) -> Result<()> {
    let name = operations::identifier(input)?;
    let stream = TokenStream::from(TokenTree::Ident(Ident::new(&name, Span::call_site())));
    let mut compiler = Compiler(Session::new(Tokens, Format::Watt04, vec![stream]));
    match MODULE.expand(0, &[], false, &mut compiler, &()) {
        Ok(output) => _ = compiler.0.finish(&output),
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
    Ok(())
}
