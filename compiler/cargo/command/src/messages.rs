//! What Cargo writes in its own process while it builds macros: messages for programs, and text for people.

use std::io::{self, Write};

use scoped_tls_hkt::scoped_thread_local;

// Cargo's shell keeps whatever it writes to, so what borrows cannot be in there.
scoped_thread_local!(static READER: for<'a> &'a (dyn Fn(&[u8]) + 'a));

/// How each message of Cargo's begins, and nothing else that it writes: what compilers, programs and macros print is quoted or indented.
const START: &[u8] = br#"{"reason":""#;

/// Where Cargo writes. A line is read as soon as it is there; one of another thread when the next one is.
#[derive(Default)]
pub struct Messages {
    unread: Vec<u8>,
}

impl Write for Messages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unread.extend_from_slice(bytes);
        if bytes.contains(&b'\n') && READER.is_set() {
            let end = self.unread.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            let lines: Vec<u8> = self.unread.drain(..end).collect();
            READER.with(|reader| lines.split_inclusive(|byte| *byte == b'\n').for_each(reader));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Has `reader` read every line, with its end, that `act` has Cargo write.
pub(crate) fn read<T>(reader: &dyn Fn(&[u8]), act: impl FnOnce() -> T) -> T {
    READER.set(reader, act)
}

/// Whether a line is for a program.
pub(crate) fn is_message(line: &[u8]) -> bool {
    line.starts_with(START)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn lines_are_read_as_soon_as_they_are_whole() {
        // Cargo writes a line bit by bit, and several at once.
        let mut messages = Messages::default();
        let read_lines = RefCell::new(Vec::new());
        let reader = |line: &[u8]| read_lines.borrow_mut().push(String::from_utf8_lossy(line).into_owned());
        messages.write_all(b"before ").unwrap();
        read(&reader, || {
            messages.write_all(b"one\n").unwrap();
            assert_eq!(*read_lines.borrow(), ["before one\n"]);
            messages.write_all(b"{\"reason\":\"x\"}\nthree\nfo").unwrap();
            messages.write_all(b"ur\n").unwrap();
        });
        assert_eq!(read_lines.borrow()[1..], ["{\"reason\":\"x\"}\n", "three\n", "four\n"]);
    }

    #[test]
    fn what_somebody_else_prints_is_no_message() {
        // Else a macro could say what another one's module is.
        assert!(is_message(br#"{"reason":"compiler-artifact"}"#));
        for line in [&br#" {"reason":"compiler-artifact"}"#[..], br#"{"x":0,"reason":"compiler-artifact"}"#, b"", b"\n"]
        {
            assert!(!is_message(line), "{}", String::from_utf8_lossy(line));
        }
    }
}
