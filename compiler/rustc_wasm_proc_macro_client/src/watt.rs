//! Macros of modules made for the crate `watt`: they work on token streams instead of the bridge's
//! bytes, so the compiler uses `proc_macro` for them.

mod tokens;

use rustc_proc_macro as proc_macro;
use rustc_proc_macro::bridge::client::{run_local, set_group_spans};
use rustc_proc_macro::bridge::server::RemoteServer;
use rustc_wasm_proc_macro_api::watt::{Format, Session};
use rustc_wasm_proc_macro_api::{CallError, Dispatch};
use stubgen::module::{Declaration, GuestAbi};

use self::tokens::Tokens;
use crate::asking::Asking;
use crate::server::Server;

/// The wire format of a module's token streams; none if it is not made for watt.
pub(super) fn format(guest: GuestAbi) -> Option<Format> {
    match guest {
        GuestAbi::Watt04 => Some(Format::Watt04),
        GuestAbi::Watt05 => Some(Format::Watt05),
        _ => None,
    }
}

/// Runs a macro on `input`, which is the bridge's, as is the output. `call` runs the module's
/// function, whose requests are to be answered.
pub(super) fn expand(
    asking: &Asking<'_>,
    format: Format,
    input: &[u8],
    force_show_panics: bool,
    server: &mut dyn RemoteServer,
    call: impl FnOnce(&mut dyn Dispatch) -> Result<Vec<u8>, CallError>,
) -> Result<Vec<u8>, CallError> {
    let inputs = if let Declaration::Attr { .. } = asking.declaration { 2 } else { 1 };
    run_local(input, inputs, force_show_panics, server, |streams| {
        let mut answers = Answers(Session::new(Tokens, format, streams));
        let output = call(&mut Server { bridge: &mut answers, asking })?;
        answers
            .0
            .finish(&output)
            .map_err(|message| CallError::Fault(format!("the macro's module broke the protocol: {message}")))
    })
}

/// What answers the requests of a module for watt, in the bridge's place.
struct Answers(Session<Tokens>);

impl RemoteServer for Answers {
    fn dispatch(&mut self, request: &[u8]) -> Result<&[u8], String> {
        self.0.answer(request)
    }
}

/// Whether an identifier can have that name, as far as is known without the lexer. What is ASCII was checked.
fn is_known_name(name: &str) -> bool {
    name.is_ascii()
}
