//! Writes the custom sections by which a Wasm proc-macro crate tells what it declares.
//!
//! Their format stands in docs/module-abi.md.

mod attributes;
mod spans;

use std::fmt::Write;

use rustc_ast::token;
use rustc_middle::ty;
use rustc_span::def_id::LOCAL_CRATE;

use super::*;

/// Version of the ABI between the module and the compiler.
const ABI_VERSION: u32 = 1;

/// The statics that become the custom sections, for the block around the declarations. None if
/// the target is not Wasm.
pub(super) fn custom_sections(
    cx: &ExtCtxt<'_>,
    span: Span,
    macros: &[ProcMacro],
    krate: &ast::Crate,
) -> Vec<ast::Stmt> {
    if !cx.sess.target.is_like_wasm {
        return Vec::new();
    }
    let mut sections = vec![
        section(cx, span, ".rustc_proc_macro_decls", "_WASM_DECLS", declarations(macros)),
        section(cx, span, ".rustc_proc_macro_abi", "_WASM_ABI", abi(cx)),
    ];
    let attributes = attributes::contents(krate, macros);
    if !attributes.is_empty() {
        sections.push(section(cx, span, ".rustc_proc_macro_attrs", "_WASM_ATTRS", attributes));
    }
    if let Some(spans) = spans::contents(cx.sess, krate, macros) {
        sections.push(section(cx, span, ".rustc_proc_macro_spans", "_WASM_SPANS", spans));
    }
    sections
}

/// The function of a macro, and the span of all of it.
fn function<'a>(krate: &'a ast::Crate, of_macro: &ProcMacro) -> (Option<&'a ast::Item>, Span) {
    let (ProcMacro::Derive(ProcMacroDerive { id, span, .. })
    | ProcMacro::Attr(ProcMacroDef { id, span, .. })
    | ProcMacro::Bang(ProcMacroDef { id, span, .. })) = of_macro;
    (krate.items.iter().map(|item| &**item).find(|item| item.id == *id), *span)
}

fn declarations(macros: &[ProcMacro]) -> String {
    if macros.is_empty() {
        // The linker drops a section without contents.
        return "\n".to_owned();
    }
    let mut lines = String::new();
    for m in macros {
        let _ = match m {
            ProcMacro::Derive(derive) => {
                let helpers = if derive.attrs.is_empty() {
                    String::new()
                } else {
                    let names: Vec<_> = derive.attrs.iter().map(|name| name.as_str()).collect();
                    format!(":{}", names.join(","))
                };
                writeln!(
                    lines,
                    "derive:{}:{}{helpers}",
                    derive.trait_name, derive.function_ident.name
                )
            }
            ProcMacro::Attr(def) => {
                writeln!(lines, "attr:{0}:{0}", def.function_ident.name)
            }
            ProcMacro::Bang(def) => {
                writeln!(lines, "bang:{0}:{0}", def.function_ident.name)
            }
        };
    }
    lines
}

fn abi(cx: &ExtCtxt<'_>) -> String {
    const VERSION_VAR: &str = "CARGO_PKG_VERSION";
    let version = std::env::var(VERSION_VAR).ok();
    cx.sess
        .env_depinfo
        .borrow_mut()
        .insert((Symbol::intern(VERSION_VAR), version.as_deref().map(Symbol::intern)));
    format!(
        "abi={ABI_VERSION}\ncrate={}\nversion={}\nedition={}\ncompiler=rustc {}\n",
        // The name in `cx` is the harness's own.
        ty::tls::with(|tcx| tcx.crate_name(LOCAL_CRATE)),
        version.as_deref().filter(|version| !version.is_empty()).unwrap_or("0.0.0"),
        cx.sess.edition(),
        cx.sess.cfg_version,
    )
}

/// `#[link_section = "section"] static NAME: [u8; LEN] = *b"contents";`
fn section(cx: &ExtCtxt<'_>, span: Span, section: &str, name: &str, contents: String) -> ast::Stmt {
    let bytes = contents.into_bytes();
    let len = token::Lit::new(token::Integer, sym::integer(bytes.len()), None);
    let array = ast::TyKind::Array(
        cx.ty_ident(span, Ident::new(sym::u8, span)),
        cx.anon_const(span, ast::ExprKind::Lit(len)),
    );
    let mut item = cx.item_static(
        span,
        Ident::new(Symbol::intern(name), span),
        cx.ty(span, array),
        ast::Mutability::Not,
        cx.expr_deref(span, cx.expr_byte_str(span, bytes)),
    );
    item.attrs.push(attr::mk_attr_name_value_str(
        &cx.sess.psess.attr_id_generator,
        ast::AttrStyle::Outer,
        ast::Safety::Unsafe(span),
        sym::link_section,
        Symbol::intern(section),
        span,
    ));
    cx.stmt_item(span, item)
}
