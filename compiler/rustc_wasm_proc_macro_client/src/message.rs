//! How an expansion ended that has no output, for those who show one text and no diagnostics.

use rustc_proc_macro::bridge::PanicMessage;
use rustc_proc_macro::bridge::server::Refusal;

/// The same words that the compiler's diagnostics have, the notes and what helps on lines of their own. `None` for a panic
/// without a message.
pub fn text_of(message: &PanicMessage) -> Option<String> {
    match message {
        PanicMessage::Fault(fault) => Some(format!("procedural macro stopped: {fault}")),
        PanicMessage::Refused(refusals) => Some(refusals.iter().map(text_of_refusal).collect::<Vec<_>>().join("\n")),
        PanicMessage::Failed(reason) => {
            let reason = reason.as_deref().unwrap_or("no message");
            Some(format!("the server of procedural macros failed: {reason}"))
        }
        message => message.as_str().map(str::to_owned),
    }
}

fn text_of_refusal(Refusal { text, notes, help }: &Refusal) -> String {
    let lines = [text].into_iter().chain(notes).chain(help);
    lines.map(String::as_str).collect::<Vec<_>>().join("\n")
}
