//! A client in the server's own process: code of the compiler that uses `proc_macro` as a macro does.
//!
//! It is for macros that run elsewhere but do not speak the bridge's language, so that somebody here
//! has to do it for them.

use super::*;
use crate::bridge::buffer::Buffer;

/// Runs `f` as a macro on an input of `inputs` token streams, one or two. Input and output are those
/// of [`RemoteMacro::expand`](crate::bridge::server::RemoteMacro::expand), and `server` is what that
/// function is given.
///
/// A panic of `f` becomes part of the output, as that of any macro does.
///
/// # Errors
///
/// That of `f`. No output is made then.
pub fn run_local<E>(
    input: &[u8],
    inputs: usize,
    force_show_panics: bool,
    server: &mut dyn server::RemoteServer,
    f: impl FnOnce(Vec<crate::TokenStream>) -> Result<crate::TokenStream, E>,
) -> Result<Vec<u8>, E> {
    let mut dispatch = |mut buf: Buffer| {
        match server.dispatch(&buf) {
            Ok(reply) => {
                buf.clear();
                buf.extend_from_slice(reply);
            }
            // This is called as a C function, which must not unwind. The caller will, unless it does so
            // already: then this is a drop, and a second panic would abort the process.
            Err(message) => {
                buf.clear();
                let reply = match std::thread::panicking() {
                    true => Ok(()),
                    false => Err(PanicMessage::String(message)),
                };
                reply.encode(&mut buf, &mut ());
            }
        }
        buf
    };
    let config = BridgeConfig {
        input: Buffer::from(input.to_vec()),
        dispatch: (&mut dispatch).into(),
        force_show_panics,
    };
    let mut error = None;
    let run = |inputs: Vec<TokenStream>| {
        let inputs = inputs.into_iter().map(|input| crate::TokenStream(Some(input))).collect();
        f(inputs).map_or_else(
            |returned| {
                error = Some(returned);
                None
            },
            |output| output.0,
        )
    };
    let output = match inputs {
        2 => run_client(config, |(first, second)| run(vec![first, second])),
        _ => run_client(config, |input| run(vec![input])),
    };
    error.map_or_else(|| Ok(output.to_vec()), Err)
}

/// Gives a group spans for its delimiters that are not its own span.
pub fn set_group_spans(
    group: &mut crate::Group,
    open: crate::Span,
    close: crate::Span,
    entire: crate::Span,
) {
    group.0.span = DelimSpan { open: open.0, close: close.0, entire: entire.0 };
}
