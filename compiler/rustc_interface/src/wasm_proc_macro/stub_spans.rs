//! Parses a stub so that its macros have the places that they have in the source of their own crate,
//! and its crate metadata says them as a native macro crate's does.

use std::path::Path;
use std::sync::Arc;

use rustc_ast as ast;
use rustc_data_structures::sync::FreezeLock;
use rustc_parse::parser::Parser;
use rustc_parse::{source_str_to_stream, unwrap_or_emit_fatal};
use rustc_session::Session;
use rustc_session::config::Input;
use rustc_span::def_id::{LOCAL_CRATE, StableCrateId};
use rustc_span::source_parts::RealFileNameParts;
use rustc_span::{
    BytePos, DUMMY_SP, FileName, MultiByteChar, NormalizedPos, RelativeBytePos,
    RemapPathScopeComponents, SourceFile, SourceFileHash, SourceFileLines, Span,
    StableSourceFileId, Symbol, SyntaxContext,
};
use stubgen::module::{FileSpan, ModuleInfo, REMAP_SCOPES, SourceHash, SourceName};

use crate::passes;

/// Parses the stub of a module, which is the session's input. Where the module does not say where its
/// macros are they have places in the stub.
pub(super) fn parse(sess: &Session, info: &ModuleInfo) -> ast::Crate {
    let (Some(spans), Input::Str { name, input }) = (&info.spans, &sess.io.input) else {
        return passes::parse(sess);
    };
    // The encoder makes an identifier of its own from the name; here they must only differ.
    let crate_id =
        StableCrateId::new(Symbol::intern(&info.abi.krate), false, vec![], sess.cfg_version);
    let files: Vec<_> = spans.files.iter().map(|file| register(sess, crate_id, file)).collect();
    let place = |span: Option<FileSpan>| {
        span.map_or(DUMMY_SP, |span| {
            let at = |offset: u32| files[span.file].start_pos + BytePos(offset);
            Span::new(at(span.start), at(span.end), SyntaxContext::root(), None)
        })
    };

    // Crate metadata is to have no span in the stub's text, or the text would take up positions.
    let anywhere = Some(place(spans.krate));
    let tokens = source_str_to_stream(&sess.psess, name.clone(), input.clone(), anywhere);
    let mut parser = Parser::new(&sess.psess, unwrap_or_emit_fatal(tokens), None);
    let mut krate =
        parser.parse_crate_mod().unwrap_or_else(|parse_error| parse_error.emit().raise_fatal());

    krate.spans.inner_span = place(spans.krate);
    // The stub has one function for each macro, in their order.
    let functions = krate.items.iter_mut().filter_map(|item| {
        let ast::Item { span, kind: ast::ItemKind::Fn(function), .. } = &mut **item else {
            return None;
        };
        Some([span, &mut function.sig.span])
    });
    for (of_function, span) in functions.zip(&spans.macros) {
        for of_function in of_function {
            *of_function = place(*span);
        }
    }
    for span in &spans.quoted {
        sess.psess.save_proc_macro_span(place(*span));
    }
    krate
}

fn register(
    sess: &Session,
    crate_id: StableCrateId,
    file: &stubgen::module::SourceFile,
) -> Arc<SourceFile> {
    let SourceName { name, remapped, local } = &file.name;
    let parts = RealFileNameParts {
        maybe_remapped: Path::new(name),
        // Expansion wants to know in which directory the crate's root is. Crate metadata does not
        // say this where all is remapped.
        local: Some(Path::new(local.as_ref().unwrap_or(name))),
        scopes: scopes(*remapped),
    };
    let name = FileName::Real(parts.into());
    let stable_id = StableSourceFileId::from_filename_for_export(&name, crate_id);
    let removed = file.removed.last().map_or(0, |(_, bytes)| *bytes);
    let lines = file.lines.iter().copied().map(RelativeBytePos).collect();
    let wide =
        file.wide.iter().map(|&(pos, bytes)| MultiByteChar { pos: RelativeBytePos(pos), bytes });
    let normalized =
        file.removed.iter().map(|&(pos, diff)| NormalizedPos { pos: RelativeBytePos(pos), diff });
    sess.source_map().new_imported_source_file(
        name,
        hash(&file.hash),
        file.checksum.as_ref().map(hash),
        stable_id,
        file.length,
        file.length + removed,
        LOCAL_CRATE,
        FreezeLock::new(SourceFileLines::Lines(lines)),
        wide.collect(),
        normalized.collect(),
        0,
    )
}

/// The scopes whose bits, by the numbers that they have in stubgen, are set.
fn scopes(bits: u8) -> RemapPathScopeComponents {
    let names = REMAP_SCOPES.iter().enumerate().filter(|(index, _)| bits & 1 << index != 0);
    names
        .map(|(_, name)| {
            RemapPathScopeComponents::from_name(&name.to_ascii_uppercase())
                .expect("stubgen knows rustc's scopes")
        })
        .collect()
}

fn hash(hash: &SourceHash) -> SourceFileHash {
    let kind = hash.kind.parse().expect("stubgen knows rustc's algorithms");
    SourceFileHash::from_digest(kind, &hash.digest).expect("stubgen knows how long digests are")
}
