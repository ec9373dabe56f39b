//! Reports a macro that ended neither with tokens nor with a panic.

use rustc_errors::ErrorGuaranteed;
use rustc_macros::Diagnostic;
use rustc_proc_macro::bridge::PanicMessage;
use rustc_span::Span;

use crate::base::ExtCtxt;

#[derive(Diagnostic)]
#[diag("procedural macro stopped: {$reason}")]
struct RemoteFault {
    #[primary_span]
    span: Span,
    reason: String,
    #[note("{$detail}")]
    has_detail: bool,
    detail: String,
}

/// Emits the error if `message` is a fault, and leaves panics to the caller.
///
/// The first line of a fault is its reason, the rest is detail.
pub(crate) fn report(
    ecx: &ExtCtxt<'_>,
    span: Span,
    message: &PanicMessage,
) -> Option<ErrorGuaranteed> {
    let PanicMessage::Fault(fault) = message else { return None };
    let (reason, detail) = fault.split_once('\n').unwrap_or((fault, ""));
    Some(ecx.dcx().emit_err(RemoteFault {
        span,
        reason: reason.to_string(),
        has_detail: !detail.is_empty(),
        detail: detail.to_string(),
    }))
}
