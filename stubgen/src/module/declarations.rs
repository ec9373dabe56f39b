//! The section that declares a module's macros.

use rustc_hash::FxHashMap;

use super::lines::{Line, Lines, excerpt};
use super::{DECLS_SECTION, ModuleError, name};

/// One macro of a module. All names are Rust identifiers, written without `r#`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Declaration {
    /// `#[proc_macro_derive(TRAIT, attributes(HELPERS))]`
    Derive {
        /// The derive's name.
        trait_name: String,
        /// The name of the Rust function, or of the export, that does it.
        function: String,
        /// The helper attributes, in the order of their declaration; one may be there twice.
        helpers: Vec<String>,
    },
    /// `#[proc_macro_attribute]`
    Attr {
        /// The attribute's name.
        name: String,
        /// The name of the Rust function, or of the export, that does it.
        function: String,
    },
    /// `#[proc_macro]`
    Bang {
        /// The macro's name, without `!`.
        name: String,
        /// The name of the Rust function, or of the export, that does it.
        function: String,
    },
}

impl Declaration {
    /// The macro's name.
    pub fn name(&self) -> &str {
        match self {
            Declaration::Derive { trait_name: name, .. }
            | Declaration::Attr { name, .. }
            | Declaration::Bang { name, .. } => name,
        }
    }

    /// The name of the function that does it.
    pub fn function(&self) -> &str {
        match self {
            Declaration::Derive { function, .. }
            | Declaration::Attr { function, .. }
            | Declaration::Bang { function, .. } => function,
        }
    }

    /// The macro's kind as the section writes it: `derive`, `attr` or `bang`.
    pub fn kind(&self) -> &'static str {
        match self {
            Declaration::Derive { .. } => "derive",
            Declaration::Attr { .. } => "attr",
            Declaration::Bang { .. } => "bang",
        }
    }

    /// The helper attributes; only derives have some.
    pub fn helpers(&self) -> &[String] {
        match self {
            Declaration::Derive { helpers, .. } => helpers,
            Declaration::Attr { .. } | Declaration::Bang { .. } => &[],
        }
    }

    fn parse(line: &Line<'_>) -> Result<Declaration, ModuleError> {
        let mut parts = line.text.split(':');
        let kind = parts.next().unwrap_or_default();
        if !["derive", "attr", "bang"].contains(&kind) {
            return Err(match line.text {
                "" => line.malformed("the line is empty"),
                _ => ModuleError::UnknownKind { line: line.number, kind: excerpt(kind) },
            });
        }
        let (Some(name), Some(function), helpers, None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(line.malformed(match kind {
                "derive" => "expected `derive:TRAIT:FUNCTION` or `derive:TRAIT:FUNCTION:HELPER,HELPER`",
                "attr" => "expected `attr:NAME:FUNCTION`",
                _ => "expected `bang:NAME:FUNCTION`",
            }));
        };
        let check = |role, name: &str| match name::check(name) {
            Ok(()) => Ok(name.to_owned()),
            Err(fault) => Err(ModuleError::BadName { line: line.number, role, name: excerpt(name), fault }),
        };
        let macro_name = check("macro name", name)?;
        let function = check("function name", function)?;
        match (kind, helpers) {
            ("derive", helpers) => {
                let helpers = helpers.map(|helpers| helpers.split(',').map(|name| check("helper attribute", name)));
                let helpers = helpers.into_iter().flatten().collect::<Result<_, _>>()?;
                Ok(Declaration::Derive { trait_name: macro_name, function, helpers })
            }
            (_, Some(_)) => Err(line.malformed("only derives have helper attributes")),
            ("attr", None) => Ok(Declaration::Attr { name: macro_name, function }),
            (_, None) => Ok(Declaration::Bang { name: macro_name, function }),
        }
    }

    /// The line that declares the macro, with its `\n`.
    fn to_line(&self) -> String {
        let mut line = format!("{}:{}:{}", self.kind(), self.name(), self.function());
        if !self.helpers().is_empty() {
            line.push(':');
            line.push_str(&self.helpers().join(","));
        }
        line.push('\n');
        line
    }
}

/// The most macros that a module can have, and helper attributes of all of them. The compiler has a function of the stub for each, and
/// with hundreds of thousands of them it takes minutes and gigabytes.
pub const MAX_MACROS: usize = 1 << 12;
const MAX_HELPERS: usize = 1 << 16;

/// The section of a crate without macros: linkers drop sections without contents.
const NONE: &str = "\n";

/// Reads the section's contents.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Declaration>, ModuleError> {
    let mut declarations = Vec::new();
    if bytes == NONE.as_bytes() {
        return Ok(declarations);
    }
    let mut helpers = 0;
    let mut lines_of_names = FxHashMap::default();
    for line in Lines::new(DECLS_SECTION, bytes)? {
        let line = line?;
        let declaration = Declaration::parse(&line)?;
        helpers += declaration.helpers().len();
        if declarations.len() == MAX_MACROS {
            return Err(line.malformed("a module has 4096 macros at most"));
        }
        if helpers > MAX_HELPERS {
            return Err(line.malformed("the macros of a module have 65536 helper attributes at most"));
        }
        // rustc has one namespace for all macros (E0428).
        if let Some(first) = lines_of_names.insert(declaration.name().to_owned(), line.number) {
            let name = excerpt(declaration.name());
            return Err(ModuleError::DuplicateMacro { first, line: line.number, name });
        }
        declarations.push(declaration);
    }
    check_reserved(&declarations)?;
    Ok(declarations)
}

/// The section's contents that [`parse`] reads.
pub(crate) fn to_section(declarations: &[Declaration]) -> String {
    match declarations {
        [] => NONE.to_owned(),
        declarations => declarations.iter().map(Declaration::to_line).collect(),
    }
}

/// Checks that no two macros have one function, as it is where functions are Rust's.
pub(super) fn check_functions(declarations: &[Declaration]) -> Result<(), ModuleError> {
    let mut lines = FxHashMap::default();
    for (index, declaration) in declarations.iter().enumerate() {
        if let Some(first) = lines.insert(declaration.function(), index + 1) {
            let name = excerpt(declaration.function());
            return Err(ModuleError::DuplicateFunction { first, line: index + 1, name });
        }
    }
    Ok(())
}

/// Checks for names with which no crate compiles, since they would make attributes ambiguous: those that rustc reserves
/// ("name `cfg` is reserved in attribute namespace"), and those of the attributes that declare macros of the kinds that
/// the crate has (E0659). Function-like macros do not share a name space with attributes in this respect.
fn check_reserved(declarations: &[Declaration]) -> Result<(), ModuleError> {
    let has = |kind| declarations.iter().any(|declaration| declaration.kind() == kind);
    let reserved = |name: &str| match name {
        "cfg" | "cfg_attr" => true,
        "proc_macro_derive" => has("derive"),
        "proc_macro_attribute" => has("attr"),
        "proc_macro" => has("bang"),
        _ => false,
    };
    match declarations.iter().find(|declaration| declaration.kind() != "bang" && reserved(declaration.name())) {
        Some(declaration) => Err(ModuleError::ReservedName { name: declaration.name().to_owned() }),
        None => Ok(()),
    }
}
