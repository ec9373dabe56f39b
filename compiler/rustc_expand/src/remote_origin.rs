//! Remembers through which macros from elsewhere came what is being expanded.
//!
//! Spans cannot say it: a guest gives the tokens that it makes what spans it likes, those of the user's tokens too. So every
//! expansion carries the macros in whose output it stands, by the expander's own bookkeeping, which holds
//! where a built-in macro expands its arguments first as well. A `macro_rules!` that stood in a macro's output
//! carries them to wherever it is called. Those of other crates do not: what a crate gives out is that crate's.

use std::mem;
use std::rc::Rc;

use rustc_ast::tokenstream::TokenStream;
use rustc_ast::{self as ast, DUMMY_NODE_ID, ExprKind, ItemKind, NodeId};
use rustc_data_structures::fx::FxHashMap;
use rustc_proc_macro::bridge::client::Client;
use rustc_proc_macro::bridge::server::{self, RemoteMacro};
use rustc_span::Span;
use rustc_span::fatal_error::FatalError;

use crate::base::{ExpandResult, ExtCtxt, SyntaxExtensionKind};
use crate::expand::{AstFragment, Invocation, InvocationKind, MacroExpander};
use crate::{remote_depth, remote_files};

/// The macros from elsewhere in whose output something stands.
#[derive(Clone, Default)]
pub struct Origin {
    last: Option<Rc<Passed>>,
    /// The function-like macro's invocation that is expanded, if there is a `last`.
    call: Option<Rc<Call>>,
    /// The first one behind the `last` of a `macro_rules!` of the crate that is compiled. All that it expands to is what
    /// whoever wrote it wanted.
    local_call: Option<Rc<Call>>,
    /// Whether it stands in a file that one of them named.
    is_in_opened_file: bool,
    /// How deep the outputs are nested.
    depth: u32,
}

/// `path!(args)`.
pub(crate) struct Call {
    pub(crate) span: Span,
    pub(crate) path: ast::Path,
    pub(crate) args: TokenStream,
}

struct Passed {
    remote: RemoteMacro,
    before: Option<Rc<Passed>>,
}

/// What an expander knows of macros from elsewhere.
#[derive(Default)]
pub struct Remote {
    /// Those that had a part in the arguments of what is expanded.
    pub(crate) arguments: Vec<RemoteMacro>,
    /// The `macro_rules!` that stood in the output of some.
    definitions: FxHashMap<NodeId, Origin>,
    /// For symbols by their numbers: whether the lexer would make an identifier of it.
    pub(crate) idents: Vec<bool>,
}

impl Origin {
    /// The macros, the last one first.
    pub(crate) fn macros(&self) -> impl Iterator<Item = RemoteMacro> {
        let mut next = self.last.as_deref();
        std::iter::from_fn(move || {
            let passed = next?;
            next = passed.before.as_deref();
            Some(passed.remote)
        })
    }

    pub(crate) fn last(&self) -> Option<RemoteMacro> {
        self.last.as_ref().map(|passed| passed.remote)
    }

    pub(crate) fn call(&self) -> Option<&Call> {
        self.call.as_deref()
    }

    pub(crate) fn local_call(&self) -> Option<&Call> {
        self.local_call.as_deref()
    }

    pub(crate) fn is_in_opened_file(&self) -> bool {
        self.is_in_opened_file
    }

    /// What is expanded from now on stands in a file that one of these macros, or of those before, named.
    pub(crate) fn opens_file(&mut self, macros: &[RemoteMacro]) {
        macros.iter().for_each(|remote| self.add(*remote));
        self.is_in_opened_file = true;
    }

    /// How deep the deepest output is nested in which this stands.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    pub(crate) fn is_as_deep_as(&mut self, depth: u32) {
        self.depth = self.depth.max(depth);
    }

    fn add(&mut self, remote: RemoteMacro) {
        if self.macros().all(|known| known.id != remote.id) {
            self.last = Some(Rc::new(Passed { remote, before: self.last.take() }));
        }
        self.local_call = None;
    }
}

/// What `ecx` expands now is a macro from elsewhere.
pub(crate) fn serves(ecx: &mut ExtCtxt<'_>, remote: RemoteMacro) {
    ecx.current_expansion.origin.add(remote);
    takes_part(&mut ecx.remote.arguments, [remote]);
}

/// What `ecx` expands now is the output of this macro, which need not run if the compiler has kept what it returned.
pub(crate) fn is_output_of<I, O>(ecx: &mut ExtCtxt<'_>, client: &Client<I, O>) {
    if let Some(remote) = client.as_remote() {
        serves(ecx, remote);
    }
}

/// Adds to the macros that had a part in what is expanded.
fn takes_part(known: &mut Vec<RemoteMacro>, macros: impl IntoIterator<Item = RemoteMacro>) {
    for remote in macros {
        if known.iter().all(|known| known.id != remote.id) {
            known.push(remote);
        }
    }
}

/// Takes note of an item before what is in it is expanded.
pub(crate) fn note(ecx: &mut ExtCtxt<'_>, item: &mut ast::Item) {
    let Origin { last: Some(last), is_in_opened_file, depth, .. } = &ecx.current_expansion.origin else { return };
    // What is expanded for an answer has no number, and nothing else sees what it defines.
    if let ItemKind::MacroDef(..) = item.kind
        && item.id != DUMMY_NODE_ID
    {
        let (last, is_in_opened_file, depth) = (Some(Rc::clone(last)), *is_in_opened_file, *depth);
        let origin = Origin { last, is_in_opened_file, depth, ..Origin::default() };
        ecx.remote.definitions.insert(item.id, origin);
    }
    remote_files::check_attributes(ecx, &mut item.attrs);
}

/// Expands an invocation by `expand`, where it has the stack and the macro its origin.
pub(crate) fn expand<'a, 'b>(
    expander: &mut MacroExpander<'a, 'b>,
    invoc: Invocation,
    ext: &SyntaxExtensionKind,
    expand: impl FnOnce(
        &mut MacroExpander<'a, 'b>,
        Invocation,
        &SyntaxExtensionKind,
    ) -> ExpandResult<AstFragment, Invocation>,
) -> ExpandResult<AstFragment, Invocation> {
    end_if_failed();
    let ecx = &mut *expander.cx;
    if server::is_remote() && !server::may_work(size(&invoc.kind)) {
        let span = invoc.span();
        let guar = ecx.dcx().span_delayed_bug(span, "a procedural macro was stopped");
        return ExpandResult::Ready(invoc.fragment_kind.dummy(span, guar));
    }
    // A built-in macro that expands its arguments itself finds here what had a part in them.
    let outer_arguments = mem::take(&mut ecx.remote.arguments);
    let origin = &mut ecx.current_expansion.origin;
    let mut is_of_the_user = false;
    if let SyntaxExtensionKind::MacroRules(rules) = ext {
        match ecx.remote.definitions.get(&rules.node_id) {
            Some(definition) => {
                definition.macros().for_each(|remote| origin.add(remote));
                origin.is_as_deep_as(definition.depth);
                origin.is_in_opened_file |= definition.is_in_opened_file;
                takes_part(&mut ecx.remote.arguments, definition.macros());
            }
            None => is_of_the_user = rules.node_id != DUMMY_NODE_ID,
        }
    }
    if origin.last.is_some() {
        origin.call = match &invoc.kind {
            InvocationKind::Bang { mac, span } => {
                let (path, args) = (mac.path.clone(), mac.args.tokens.clone());
                Some(Rc::new(Call { span: *span, path, args }))
            }
            _ => None,
        };
        if is_of_the_user && origin.local_call.is_none() {
            origin.local_call = origin.call.clone();
        }
    }
    let origin = origin.clone();
    let result = remote_depth::on_stack(&origin, || expand(expander, invoc, ext));
    end_if_failed();
    // What had a part in this has one in the argument in which this stands.
    let arguments = mem::replace(&mut expander.cx.remote.arguments, outer_arguments);
    takes_part(&mut expander.cx.remote.arguments, arguments);
    if server::is_remote()
        && let ExpandResult::Ready(AstFragment::Expr(expr)) = &result
        && let ExprKind::Lit(literal) = &expr.kind
    {
        server::hold(literal.symbol.as_str().len() as u64);
    }
    result
}

/// About how many bytes it takes to expand an invocation, which may need each of its tokens more than once.
fn size(invocation: &InvocationKind) -> u64 {
    const INVOCATION: u64 = 1 << 10;
    const TIMES: u64 = 4;
    let tokens = match invocation {
        InvocationKind::Bang { mac, .. } => remote_depth::extent(&mac.args.tokens).weight,
        _ => 0,
    };
    tokens.saturating_mul(TIMES).saturating_add(INVOCATION)
}

/// Ends the compilation where the compiler has failed within a request: a native macro may have caught that.
fn end_if_failed() {
    if server::has_failed() {
        FatalError.raise();
    }
}
