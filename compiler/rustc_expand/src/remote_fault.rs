//! Reports a macro that ended neither with tokens nor with a panic, and what macros are refused.

use rustc_errors::ErrorGuaranteed;
use rustc_macros::Diagnostic;
use rustc_proc_macro::bridge::PanicMessage;
use rustc_proc_macro::bridge::server::Refusal;
use rustc_span::Span;
use rustc_span::fatal_error::FatalError;

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

#[derive(Diagnostic)]
#[diag("the compiler failed while it handled a request of a procedural macro: {$reason}")]
#[note("compilation cannot continue, because the request may be half done")]
struct RemoteFailure {
    #[primary_span]
    span: Span,
    reason: String,
}

/// What a macro was refused.
#[derive(Diagnostic)]
#[diag("{$text}")]
pub(crate) struct RemoteRefusal {
    #[primary_span]
    span: Span,
    text: String,
    #[note("{$notes}")]
    has_notes: bool,
    notes: String,
    #[help("{$help}")]
    has_help: bool,
    help: String,
}

impl RemoteRefusal {
    pub(crate) fn new(span: Span, Refusal { text, notes, help }: Refusal) -> RemoteRefusal {
        let notes = notes.join("\n");
        let help = help.unwrap_or_default();
        RemoteRefusal {
            span,
            text,
            has_notes: !notes.is_empty(),
            notes,
            has_help: !help.is_empty(),
            help,
        }
    }
}

/// Emits the error or errors if `message` says how a macro from elsewhere ended, and leaves panics to the caller.
///
/// The first line of a fault is its reason, the rest is detail. Where the compiler has failed, compilation ends.
pub(crate) fn report(
    ecx: &ExtCtxt<'_>,
    span: Span,
    message: &PanicMessage,
) -> Option<ErrorGuaranteed> {
    match message {
        PanicMessage::Fault(fault) => Some(report_fault(ecx, span, fault)),
        PanicMessage::Refused(refusals) => {
            let refusals = refusals.iter().cloned();
            let errors = refusals.map(|refusal| ecx.dcx().emit_err(RemoteRefusal::new(span, refusal)));
            errors.last()
        }
        PanicMessage::Failed(reason) => {
            if let Some(reason) = reason {
                ecx.dcx().emit_err(RemoteFailure { span, reason: reason.clone() });
            }
            FatalError.raise()
        }
        _ => None,
    }
}

/// Emits the error for a fault.
pub(crate) fn report_fault(ecx: &ExtCtxt<'_>, span: Span, fault: &str) -> ErrorGuaranteed {
    let (reason, detail) = fault.split_once('\n').unwrap_or((fault, ""));
    ecx.dcx().emit_err(RemoteFault {
        span,
        reason: reason.to_string(),
        has_detail: !detail.is_empty(),
        detail: detail.to_string(),
    })
}
