//! A proposal of what to declare in a module made for watt, which says nothing of its macros itself.

use crate::module::structure;
use crate::module::{
    Declaration, GuestAbi, ModuleError, WATT_INPUT_EXPORT, WATT_OUTPUT_EXPORT, name, takes_one_stream,
    takes_two_streams,
};

/// The macros that `module` seems to have, if it is made for watt and has no declarations.
///
/// Every exported function that could be a macro by its type is one. A function of two token streams is an attribute; that
/// a function of one is a derive can be told only by its name, `derive_TRAIT` or `TRAIT_derive`, and else it is taken for a
/// function-like macro. Helper attributes cannot be told at all.
///
/// # Errors
///
/// Returns an error if `module` is not a whole Wasm module.
pub fn propose(module: &[u8]) -> Result<Option<Vec<Declaration>>, ModuleError> {
    let structure = structure::walk(module)?;
    let watt = matches!(GuestAbi::of(&structure), GuestAbi::Watt04 | GuestAbi::Watt05);
    if !watt || structure.decls.is_some() {
        return Ok(None);
    }
    let own = |name: &str| name == WATT_INPUT_EXPORT || name == WATT_OUTPUT_EXPORT || name.starts_with("__");
    let exports = structure.exports.iter().filter(|export| !own(&export.name) && name::check(&export.name).is_ok());
    let declarations = exports.filter_map(|export| {
        let function = export.name.clone();
        if takes_two_streams(&export.ty) {
            Some(Declaration::Attr { name: function.clone(), function })
        } else if takes_one_stream(&export.ty) {
            Some(match trait_of(&function) {
                Some(trait_name) => Declaration::Derive { trait_name, function, helpers: Vec::new() },
                None => Declaration::Bang { name: function.clone(), function },
            })
        } else {
            None
        }
    });
    Ok(Some(declarations.collect()))
}

/// The trait of a function that is named like a derive: `derive_deserialize_seed` is for `DeserializeSeed`.
fn trait_of(function: &str) -> Option<String> {
    let words = function.strip_prefix("derive_").or_else(|| function.strip_suffix("_derive"))?;
    let name: String = words.split('_').map(capitalized).collect();
    name::check(&name).ok().map(|()| name)
}

fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// The options of `stubgen annotate` that make these declarations.
pub fn options(declarations: &[Declaration]) -> Vec<String> {
    let option = |declaration: &Declaration| {
        let helpers = match declaration.helpers() {
            [] => String::new(),
            helpers => format!(":{}", helpers.join(",")),
        };
        [format!("--{}", declaration.kind()), format!("{}:{}{helpers}", declaration.name(), declaration.function())]
    };
    declarations.iter().flat_map(option).collect()
}
