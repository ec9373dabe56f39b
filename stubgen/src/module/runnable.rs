//! What the engine must know of a module to run its macros, and how the compiler tells it that.

use super::{Declaration, Digest, GuestAbi, ModuleInfo};

/// What is needed of a module's sections to run its macros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runnable {
    /// The SHA-256 of the whole file.
    pub digest: Digest,
    /// How the macros are called.
    pub interface: Interface,
}

/// How a module's macros are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interface {
    /// By this project's ABI: one function runs so many macros.
    Bridge(u32),
    /// By watt's: a function for each macro, in the order of the declarations.
    Watt(Vec<WattFunction>),
}

/// The function of a macro that was made for watt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WattFunction {
    /// The export's name.
    pub name: String,
    /// What it is given.
    pub inputs: Inputs,
}

/// What a macro is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inputs {
    /// What a derive stands at, or what stands between the delimiters of a function-like macro's call.
    One,
    /// An attribute's arguments, and what it stands at.
    Two,
}

impl ModuleInfo {
    /// What is needed to run the module's macros.
    pub fn runnable(&self) -> Runnable {
        Runnable { digest: self.digest, interface: Interface::of(self.guest, &self.declarations) }
    }
}

impl Interface {
    fn of(guest: GuestAbi, declarations: &[Declaration]) -> Interface {
        match guest {
            // The declarations were checked to be at most `MAX_MACROS`.
            GuestAbi::Rustc1 => Interface::Bridge(declarations.len() as u32),
            GuestAbi::Watt04 | GuestAbi::Watt05 => Interface::Watt(declarations.iter().map(WattFunction::of).collect()),
        }
    }

    /// The interface as text: a word for the ABI and, in lines, the number of macros or the macros' functions.
    pub fn encode(&self) -> String {
        match self {
            Interface::Bridge(macros) => format!("bridge\n{macros}"),
            Interface::Watt(functions) => {
                let lines = functions.iter().map(|WattFunction { name, inputs }| match inputs {
                    Inputs::One => format!("\n1 {name}"),
                    Inputs::Two => format!("\n2 {name}"),
                });
                lines.fold("watt".to_owned(), |text, line| text + &line)
            }
        }
    }

    /// What [`Interface::encode`] has written. None for anything else.
    pub fn decode(text: &str) -> Option<Interface> {
        let mut lines = text.split('\n');
        match lines.next()? {
            "bridge" => {
                let macros = lines.next()?.parse().ok()?;
                lines.next().is_none().then_some(Interface::Bridge(macros))
            }
            "watt" => {
                let functions = lines.map(|line| {
                    let (inputs, name) = line.split_once(' ')?;
                    let inputs = match inputs {
                        "1" => Inputs::One,
                        "2" => Inputs::Two,
                        _ => return None,
                    };
                    Some(WattFunction { name: name.to_owned(), inputs })
                });
                functions.collect::<Option<_>>().map(Interface::Watt)
            }
            _ => None,
        }
    }
}

impl WattFunction {
    fn of(declaration: &Declaration) -> WattFunction {
        let inputs = match declaration {
            Declaration::Attr { .. } => Inputs::Two,
            Declaration::Derive { .. } | Declaration::Bang { .. } => Inputs::One,
        };
        WattFunction { name: declaration.function().to_owned(), inputs }
    }
}

#[cfg(test)]
mod tests {
    use super::{Inputs, Interface, WattFunction};

    #[test]
    fn an_interface_reads_as_it_was_written() {
        let function = |name: &str, inputs| WattFunction { name: name.to_owned(), inputs };
        for interface in [
            Interface::Bridge(0),
            Interface::Bridge(u32::MAX),
            Interface::Watt(vec![]),
            Interface::Watt(vec![function("one", Inputs::One), function("zwei ü", Inputs::Two)]),
        ] {
            assert_eq!(Interface::decode(&interface.encode()), Some(interface));
        }
    }

    #[test]
    fn anything_else_is_no_interface() {
        for text in
            ["", "bridge", "bridge\n", "bridge\n-1", "bridge\n1\n", "watt\n", "watt\n3 f", "watt\n1", "other\n1"]
        {
            assert_eq!(Interface::decode(text), None, "{text:?}");
        }
    }
}
