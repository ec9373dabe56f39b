//! What the compiler holds for a remote macro: how deep its token streams are nested, and how much they take.
//!
//! A few bytes of a request can make the compiler nest or double what it has. So every stream that a macro makes
//! is known by its extent, from those of the streams that it is made of, and is refused where it is beyond
//! [`MAX_DEPTH`] or the memory that macros have. Streams may share what they are made of. Their weight does not know
//! that, since whoever prints or parses them does not either.
//!
//! What a macro was given by the compiler is weighed where it is put into something else, and not before.

use super::*;

/// How deep the groups of a stream that a macro makes may be nested, those without delimiters included. The compiler
/// recurses as deep where it prints, parses or drops them; natively its stack of 8 MiB ends between 10,000 (parsing) and
/// 25,000 (printing).
pub const MAX_DEPTH: u32 = 20_000;

/// How deep streams may be nested without that a request needs more stack than every expansion has.
const SHALLOW: u32 = 500;

/// Bytes of stack that the compiler takes for each level of tokens, and of syntax.
const TOKEN_LEVEL: usize = 1 << 10;
const SYNTAX_LEVEL: usize = 16 << 10;

/// How deep what a macro has parsed as syntax may be nested, groups without delimiters not counted. The parser has a
/// stack for that made; natively it ends between 700 (blocks) and 1,200 (parentheses).
pub const MAX_SYNTAX_DEPTH: u32 = 2_048;

/// Bytes of stack for a request besides what nesting needs, and for one that expands whatever it names.
const BASE: usize = 1 << 20;
const EXPAND_BASE: usize = 8 << 20;

/// Bytes for a handle, whatever it stands for; and for what the compiler keeps of a span, of a symbol besides its text,
/// and of a file.
const HANDLE: u64 = 64;
const SPAN: u64 = 16;
const SYMBOL: u64 = 64;
const SOURCE_FILE: u64 = 512;

/// Bytes of a diagnostic, whatever it says, and of all of an expansion at most. As much as other output.
const DIAGNOSTIC: u64 = 1 << 10;
const MOST_SAID: u64 = 64 << 20;

/// Bytes for a byte of text that becomes tokens, at most: each can be one.
const TOKEN: u64 = 48;

/// How deep the groups of a stream are nested, and about how many bytes it would take if none of its parts were shared.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    pub depth: u32,
    pub weight: u64,
}

/// A stream behind a handle. Every request moves some, so they are small.
pub(in super::super) struct Held<T> {
    value: T,
    /// The depth in the upper bits, and the weight in those of `UNWEIGHED`.
    extent: u64,
}

/// The weight of what the compiler has anyway and nobody has weighed. What weighs as much is beyond every limit.
const UNWEIGHED: u64 = (1 << 48) - 1;

impl<T> Held<T> {
    fn with_extent(value: T, depth: u32, weight: u64) -> Held<T> {
        Held { value, extent: u64::from(depth.min(u32::from(u16::MAX))) << 48 | weight.min(UNWEIGHED) }
    }

    fn depth(&self) -> u32 {
        (self.extent >> 48) as u32
    }

    fn weight(&self) -> u64 {
        self.extent & UNWEIGHED
    }

    /// The bytes that count as held for it.
    fn bytes(&self) -> u64 {
        HANDLE + if self.weight() == UNWEIGHED { 0 } else { self.weight() }
    }
}

/// How deep the output of the last remote macro was nested at most. Nothing where this was asked before, or the output
/// is empty.
pub fn take_output_depth() -> Option<u32> {
    THIS_THREAD.with(|thread| thread.output_depth.take())
}

/// Counts bytes that the compiler holds for remote macros until it ends.
#[inline]
pub fn hold(bytes: u64) {
    THIS_THREAD.with(|thread| thread.holds(bytes));
}

/// Counts a symbol of `len` bytes if a remote macro sent its text and it is the newest one. The interner forgets none, and
/// numbers them in order.
#[inline]
pub fn hold_symbol(number: u32, len: usize) {
    THIS_THREAD.with(|thread| {
        if number > thread.newest_symbol.get() && thread.answering.get().is_some() {
            thread.newest_symbol.set(number);
            thread.holds(SYMBOL + len as u64);
        }
    });
}

impl ThisThread {
    fn holds(&self, bytes: u64) {
        self.held.set(self.held.get().saturating_add(bytes));
    }
}

/// Counts bytes that a step of the compiler's work takes, and says whether it may have them.
pub(super) fn may_hold(remote: RemoteMacro, bytes: u64) -> bool {
    hold(bytes);
    let held = THIS_THREAD.with(|thread| thread.held.get());
    let limit = (remote.memory)(remote.id);
    if held > limit {
        is_too_much(remote, held, limit);
    }
    held <= limit
}

#[cold]
fn is_too_deep() {
    stop(format!("it nests tokens more than {MAX_DEPTH} deep"));
}

#[cold]
fn is_too_much(remote: RemoteMacro, bytes: u64, limit: u64) {
    if !(remote.may)(remote.id, Named::Memory(bytes)) {
        let mebibytes = limit >> 20;
        stop(format!("the compiler would hold more than {mebibytes} MiB for procedural macros"));
    }
}

/// What a request makes of the streams that it names.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Makes {
    /// Nothing, or something that is no stream.
    Nothing,
    /// Something that takes as much as the stream: its text.
    Text,
    /// What the macro is given from the start.
    Input,
    /// What the macro is done with.
    Output,
    Copy,
    Parts,
    /// A stream of token trees.
    Trees,
    /// The same, behind the stream that is named next.
    TreesBehind,
    Streams,
    /// A stream that has nothing to do with others, of a text.
    Fresh,
}

/// The first byte of the requests that are counted.
const DROP: u8 = ApiTags::ts_drop as u8;
const CLONE: u8 = ApiTags::ts_clone as u8;
const FROM_TREE: u8 = ApiTags::ts_from_token_tree as u8;
const TREES: u8 = ApiTags::ts_concat_trees as u8;
const STREAMS: u8 = ApiTags::ts_concat_streams as u8;
const INTO_TREES: u8 = ApiTags::ts_into_trees as u8;
const TO_STRING: u8 = ApiTags::ts_to_string as u8;
const FROM_STR: u8 = ApiTags::ts_from_str as u8;
const LITERAL: u8 = ApiTags::literal_from_str as u8;
const EXPAND: u8 = ApiTags::ts_expand_expr as u8;
const FIRST_OF_SPANS: u8 = ApiTags::span_debug as u8;
const LAST_OF_SPANS: u8 = ApiTags::span_recover_proc_macro_span as u8;
const NAME: u8 = ApiTags::symbol_normalize_and_validate_ident as u8;
const VARIABLE: u8 = ApiTags::track_env_var as u8;
const PATH: u8 = ApiTags::track_path as u8;
const MESSAGE: u8 = ApiTags::emit_diagnostic as u8;

/// What is known of one expansion.
pub(in super::super) struct Ledger<S: Server> {
    remote: RemoteMacro,
    call_site: S::Span,
    /// Positions of a file that may be told.
    known: Range<u32>,
    limit: u64,
    makes: Makes,
    /// The bytes of the text that the present request has the compiler read, and its opening brackets.
    text: u64,
    brackets: u32,
    /// The extent of what the present request has named so far.
    depth: u32,
    weight: u64,
    /// The depth of the deepest stream that there has been.
    deepest: u32,
    /// Bytes that are held until this expansion ends at most.
    live: u64,
    /// What of these the thread holds while a request may expand other macros.
    lent: u64,
    /// Bytes of the diagnostics that it has had emitted.
    said: u64,
}

impl<S: Server> Ledger<S> {
    pub(in super::super) fn new(server: &mut S, remote: RemoteMacro) -> Ledger<S> {
        server.serve_remote(remote);
        take_output_depth();
        let call_site = server.globals().call_site;
        let mut known = 0..0;
        Ledger {
            remote,
            call_site: S::span_for_remote(call_site, &mut known).unwrap_or(call_site),
            known,
            limit: (remote.memory)(remote.id),
            makes: Makes::Input,
            text: 0,
            brackets: 0,
            depth: 0,
            weight: 0,
            deepest: 0,
            live: 0,
            lent: 0,
            said: 0,
        }
    }

    /// Begins a request, and returns the bytes of stack that it needs, nothing if there are as many in any case.
    #[inline]
    pub(super) fn begin(&mut self, request: &[u8]) -> usize {
        let Some((&tag, arguments)) = request.split_first() else { return 0 };
        let size = request.len() as u64;
        let makes = match tag {
            DROP => Makes::Nothing,
            CLONE => Makes::Copy,
            FROM_TREE => Makes::Trees,
            // The tag of `Some`: there is a stream to which the trees are added.
            TREES if arguments.first() == Some(&0) => Makes::TreesBehind,
            TREES => Makes::Trees,
            STREAMS => Makes::Streams,
            INTO_TREES => Makes::Parts,
            TO_STRING => Makes::Text,
            FROM_STR | LITERAL | EXPAND => return self.begin_text(tag, arguments),
            _ => {
                self.count_others(tag, size);
                self.makes = Makes::Nothing;
                return 0;
            }
        };
        // New trees have their text in the request.
        self.reset(makes, size);
        if self.deepest > SHALLOW { BASE + self.stack_for_tokens(0) } else { 0 }
    }

    /// Begins a request that has the compiler read text, or expand what may read some.
    fn begin_text(&mut self, tag: u8, arguments: &[u8]) -> usize {
        self.text = 1 + arguments.len() as u64;
        self.reset(Makes::Fresh, self.text);
        if tag == EXPAND {
            self.brackets = u32::MAX;
            self.lent = self.live;
            hold(self.lent);
            let syntax = SYNTAX_LEVEL * self.deepest.min(MAX_SYNTAX_DEPTH) as usize;
            return EXPAND_BASE + syntax + self.stack_for_tokens(0);
        }
        // The source map keeps what is parsed, and the tokens take more than the text.
        hold(SOURCE_FILE + 2 * self.text);
        let is_opening = |byte: &&u8| matches!(byte, b'(' | b'[' | b'{');
        self.brackets = arguments.iter().filter(is_opening).count().try_into().unwrap_or(u32::MAX);
        if self.brackets.max(self.deepest) > SHALLOW { BASE + self.stack_for_tokens(self.brackets) } else { 0 }
    }

    /// Bytes of stack for tokens that are nested as deep as any so far, or as `depth`.
    fn stack_for_tokens(&self, depth: u32) -> usize {
        TOKEN_LEVEL * self.deepest.max(depth).min(MAX_DEPTH) as usize
    }

    /// Counts what the other requests leave behind.
    fn count_others(&mut self, tag: u8, size: u64) {
        match tag {
            // There may be a new span, with a handle until the expansion ends.
            FIRST_OF_SPANS..=LAST_OF_SPANS => {
                hold(SPAN);
                self.keeps(HANDLE);
            }
            NAME | VARIABLE | PATH => hold(HANDLE + size),
            MESSAGE => {
                self.said = self.said.saturating_add(DIAGNOSTIC + size);
                if self.said > MOST_SAID {
                    let mebibytes = MOST_SAID >> 20;
                    stop(format!("it has the compiler show more than {mebibytes} MiB of messages"));
                }
            }
            _ => {}
        }
    }

    /// Begins to read what the macro returns.
    pub(super) fn begin_output(&mut self) {
        self.reset(Makes::Output, 0);
    }

    fn reset(&mut self, makes: Makes, weight: u64) {
        (self.makes, self.depth, self.weight) = (makes, 0, weight);
    }

    /// Takes note of a stream that a request names.
    ///
    /// # Panics
    ///
    /// Where all of them together are too much. The expansion ends then.
    #[inline]
    pub(in super::super) fn sees(&mut self, held: &Held<MarkedTokenStream<S>>) {
        let weigh = || match held.weight() {
            UNWEIGHED => S::extent(&held.value.value).weight,
            weight => weight,
        };
        match self.makes {
            Makes::Nothing | Makes::Input | Makes::Fresh => {}
            Makes::Copy | Makes::Parts => (self.depth, self.weight) = (held.depth(), held.weight()),
            Makes::Trees => {
                self.depth = self.depth.max(held.depth() + 1);
                self.weighs_more(weigh());
            }
            Makes::TreesBehind | Makes::Streams => {
                self.depth = self.depth.max(held.depth());
                self.weighs_more(weigh());
                if self.makes == Makes::TreesBehind {
                    self.makes = Makes::Trees;
                }
            }
            Makes::Text => self.weighs_more(weigh()),
            Makes::Output => self.sees_output(weigh(), held.depth()),
        }
    }

    #[cold]
    fn sees_output(&mut self, weight: u64, depth: u32) {
        self.weighs_more(weight);
        THIS_THREAD.with(|thread| {
            thread.holds(weight);
            thread.output_depth.set(Some(depth));
        });
    }

    fn weighs_more(&mut self, weight: u64) {
        self.weight = self.weight.saturating_add(weight);
        if self.weight > self.limit {
            self.weighs_too_much();
        }
    }

    #[cold]
    fn weighs_too_much(&self) {
        self.is_too_much(self.weight);
        panic!("too many tokens");
    }

    /// Takes note of a stream that the macro is given.
    #[inline]
    pub(in super::super) fn gives(&mut self, value: MarkedTokenStream<S>) -> Held<MarkedTokenStream<S>> {
        let extent = || S::extent(&value.value);
        let (depth, weight) = match self.makes {
            Makes::Input => (extent().depth, UNWEIGHED),
            Makes::Copy => (self.depth, self.weight),
            Makes::Parts if self.weight == UNWEIGHED => (self.depth.saturating_sub(1), UNWEIGHED),
            Makes::Parts => (self.depth.saturating_sub(1), extent().weight),
            Makes::Trees | Makes::TreesBehind | Makes::Streams => (self.depth, self.weight),
            // Most texts are short.
            Makes::Fresh if self.brackets <= SHALLOW => (self.brackets, TOKEN * self.text),
            Makes::Nothing | Makes::Text | Makes::Output | Makes::Fresh => {
                let Extent { depth, weight } = extent();
                (depth, weight)
            }
        };
        self.deepest = self.deepest.max(depth);
        if depth > MAX_DEPTH && self.makes != Makes::Input {
            is_too_deep();
        }
        let held = Held::with_extent(value, depth, weight);
        self.keeps(held.bytes());
        held
    }

    /// A stream is no longer behind a handle.
    pub(in super::super) fn takes(&mut self, held: &Held<MarkedTokenStream<S>>) {
        self.sees(held);
        self.releases(held.bytes());
    }

    /// Counts bytes that are held until the expansion ends at most.
    fn keeps(&mut self, bytes: u64) {
        self.live = self.live.saturating_add(bytes);
    }

    fn releases(&mut self, bytes: u64) {
        self.live = self.live.saturating_sub(bytes);
    }

    /// The span that the macro is given in place of `span`.
    pub(in super::super) fn span(&mut self, span: MarkedSpan<S>) -> MarkedSpan<S> {
        let span = S::span_for_remote(span.unmark(), &mut self.known);
        Mark::mark(span.unwrap_or(self.call_site))
    }

    /// Has the expansion end if the compiler holds too much for macros.
    pub(super) fn check_memory(&mut self) {
        let held = THIS_THREAD.with(|thread| {
            if self.lent != 0 {
                thread.held.set(thread.held.get().saturating_sub(mem::take(&mut self.lent)));
            }
            thread.held.get().saturating_add(self.live)
        });
        if held > self.limit {
            self.is_too_much(held);
        }
    }

    fn is_too_much(&self, bytes: u64) {
        is_too_much(self.remote, bytes, self.limit);
    }
}

impl<S: Server> HandleStore<S> {
    /// What is known of a remote macro's expansion.
    pub(super) fn ledger(&mut self) -> &mut Ledger<S> {
        self.ledger.as_mut().expect("a remote macro has a ledger")
    }

    /// Drops what the macro still had.
    pub(super) fn close(&mut self, remote: RemoteMacro) {
        let deepest = self.ledger().deepest;
        if deepest > SHALLOW {
            let streams =
                mem::replace(&mut self.token_stream, handle::OwnedStore::new(&COUNTERS.token_stream));
            remote.on_stack(BASE + TOKEN_LEVEL * deepest as usize, || drop(streams));
        }
    }
}

/// A stream for a new handle.
#[inline]
pub(in super::super) fn held<S: Server>(
    value: MarkedTokenStream<S>,
    ledger: &mut Option<Ledger<S>>,
) -> Held<MarkedTokenStream<S>> {
    match ledger {
        Some(ledger) => ledger.gives(value),
        None => Held::with_extent(value, 0, UNWEIGHED),
    }
}

/// A stream that a request names and leaves behind its handle.
#[inline]
pub(in super::super) fn seen<'a, S: Server>(
    held: &'a Held<MarkedTokenStream<S>>,
    ledger: &mut Option<Ledger<S>>,
) -> &'a MarkedTokenStream<S> {
    if let Some(ledger) = ledger {
        ledger.sees(held);
    }
    &held.value
}

/// A stream that a request takes from behind its handle.
#[inline]
pub(in super::super) fn taken<S: Server>(
    held: Held<MarkedTokenStream<S>>,
    ledger: &mut Option<Ledger<S>>,
) -> MarkedTokenStream<S> {
    if let Some(ledger) = ledger {
        ledger.takes(&held);
    }
    held.value
}
