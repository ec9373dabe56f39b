//! The parts of a source file's name and digest, for those who describe source files outside of
//! crate metadata; checks of such descriptions, which need not be true; and which files of the source map were read as Rust.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_data_structures::fx::FxHashSet;
use rustc_data_structures::sync::Lock;

use crate::analyze_source_file::analyze_source_file;
use crate::def_id::LOCAL_CRATE;
use crate::source_map::SourceMap;
use crate::{
    BytePos, FileName, InnerRealFileName, RealFileName, RelativeBytePos, RemapPathScopeComponents,
    SourceFile, SourceFileHash, SourceFileHashAlgorithm, Span, StableSourceFileId,
    with_session_globals,
};

/// What of a [`RealFileName`] does not depend on the directory in which the compiler ran.
pub struct RealFileNameParts<'a> {
    pub maybe_remapped: &'a Path,
    pub local: Option<&'a Path>,
    pub scopes: RemapPathScopeComponents,
}

impl<'a> From<&'a RealFileName> for RealFileNameParts<'a> {
    fn from(name: &'a RealFileName) -> RealFileNameParts<'a> {
        let RealFileName { local, maybe_remapped, scopes } = name;
        RealFileNameParts {
            maybe_remapped: &maybe_remapped.name,
            local: local.as_ref().map(|local| &*local.name),
            scopes: *scopes,
        }
    }
}

impl From<RealFileNameParts<'_>> for RealFileName {
    fn from(parts: RealFileNameParts<'_>) -> RealFileName {
        let inner = |name: &Path| InnerRealFileName {
            name: name.to_owned(),
            working_directory: PathBuf::new(),
            embeddable_name: name.to_owned(),
        };
        RealFileName {
            local: parts.local.map(inner),
            maybe_remapped: inner(parts.maybe_remapped),
            scopes: parts.scopes,
        }
    }
}

impl SourceFileHash {
    /// The hash with that digest, unless the digest has another length than the algorithm's.
    pub fn from_digest(kind: SourceFileHashAlgorithm, digest: &[u8]) -> Option<SourceFileHash> {
        let mut hash = SourceFileHash { kind, value: Default::default() };
        if digest.len() != hash.hash_len() {
            return None;
        }
        hash.value[..digest.len()].copy_from_slice(digest);
        Some(hash)
    }
}

/// Whether what is at `path` cannot be the text of `file`: its size is another, or it is a device or
/// a pipe, from which one could read forever, as from some files that the kernel makes up and says
/// are empty. Whoever describes a file chooses its path.
pub(crate) fn is_ruled_out(file: &SourceFile, path: &Path) -> bool {
    path.metadata().is_ok_and(|found| {
        !found.is_file()
            || found.len() == 0
            || found.len() != u64::from(file.unnormalized_source_len)
    })
}

/// The files that were read in order to parse them as Rust, and not to embed them or to show an error in them.
#[derive(Default)]
pub(crate) struct Parsed(Lock<FxHashSet<StableSourceFileId>>);

impl Parsed {
    /// The file, which is parsed now.
    pub(crate) fn with(&self, file: Arc<SourceFile>) -> Arc<SourceFile> {
        self.0.lock().insert(file.stable_id);
        file
    }
}

/// Calls `f` on the session's source map, if there is one.
pub fn with_source_map<R>(f: impl FnOnce(&SourceMap) -> R) -> Option<R> {
    with_session_globals(|globals| globals.source_map.as_deref().map(f))
}

impl SourceMap {
    /// Whether the file is Rust source: of another crate, a text that is no file, or read in order to be parsed.
    pub fn is_rust(&self, file: &SourceFile) -> bool {
        file.cnum != LOCAL_CRATE
            || !matches!(file.name, FileName::Real(_))
            || self.parsed.0.lock().contains(&file.stable_id)
    }

    /// Whether the file was read in order to parse it as Rust of the crate that is compiled.
    pub fn is_own_rust(&self, file: &SourceFile) -> bool {
        file.cnum == LOCAL_CRATE && self.parsed.0.lock().contains(&file.stable_id)
    }

    /// Whether an end of `span` lies within a character. The compiler relies on that it does not, while macros
    /// may ask for any part of a span.
    pub fn cuts_a_character(&self, span: Span) -> bool {
        let is_within = |pos: BytePos| {
            let file = self.lookup_source_file(pos);
            let pos = file.relative_position(pos).0;
            file.multibyte_chars.iter().any(|char| {
                let RelativeBytePos(start) = char.pos;
                start < pos && pos < start + u32::from(char.bytes)
            })
        };
        is_within(span.lo()) || is_within(span.hi())
    }
}

/// Whether `file` says where lines and characters start in `text`, its normalized text. Texts are cut
/// at those places, so a text with the right digest does not suffice.
pub(crate) fn describes(file: &SourceFile, text: &str) -> bool {
    let (lines, multibyte_chars) = analyze_source_file(text);
    text.len() == file.normalized_source_len.0 as usize
        && lines == file.lines()
        && multibyte_chars == file.multibyte_chars
}
