//! `pack` and `verify`: modules that a project brings along, and the proof that they are what their sources say.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use stubgen::module::Digest;

use crate::args::{Pack, Verify};
use crate::decision::Decision;
use crate::failure::{Failure, Result};
use crate::look_up::{LOOKED_UP_IN, built_in, with_macros};
use crate::macros::{Macro, Macros, near};
use crate::output;
use crate::profile::Profile;
use crate::project::FILE_NAME;
use crate::project::pins::{Pinned, Pins};
use crate::resolve::{Choice, Resolver};
use crate::shell::Shell;
use crate::split::CargoLine;

/// Writes a macro's module to a file, and the line for it to standard output.
pub(crate) fn pack(shell: &Shell, options: &Pack, line: &CargoLine) -> Result<i32> {
    with_macros(shell, line, |resolver| {
        let macros = resolver.macros;
        resolver.project.warn_of_unused(shell, macros)?;
        let index = one(macros, &options.package)?;
        resolver.choice =
            Choice { unpinned: [index].into(), retry: true, profile: Profile::Optimized, ..Choice::default() };
        resolver.need(&macros.list[index].units)?;
        resolver.build_missing(OsStr::new(LOOKED_UP_IN), &[])?;
        let it = &macros.list[index];
        let bytes = module_of(resolver, index)?;
        let dir = options.out_dir.clone().unwrap_or_default();
        let path = dir.join(format!("{}-{}.wasm", it.name, it.version));
        let failed = |error: std::io::Error| Failure::new(format!("cannot write `{}`: {error}", path.display()));
        if !dir.as_os_str().is_empty() {
            fs::create_dir_all(&dir).map_err(failed)?;
        }
        stubgen::write_atomically(&path, &bytes).map_err(failed)?;
        shell.status("Packed", format_args!("{} into `{}`", it.named(), path.display()));
        shell.status("", format_args!("the line for `{FILE_NAME}`, below `[modules]`:"));
        let written = relative(&path, macros.plan.project());
        let name =
            if macros.has_versions(it.name) { format!("\"{}@{}\"", it.name, it.version) } else { it.name.to_owned() };
        let written = toml::Value::String(written);
        let features: toml::Value = it.features.to_vec().into();
        output::print(&format!(
            "{name} = {{ path = {written}, sha256 = \"{}\", features = {features} }}\n",
            Digest::of(&bytes)
        ))?;
        Ok(0)
    })
}

/// Builds pinned modules from source and says whether they are what was pinned. The exit code is 1 if one is not.
pub(crate) fn verify(shell: &Shell, options: &Verify, line: &CargoLine) -> Result<i32> {
    with_macros(shell, line, |resolver| {
        let macros = resolver.macros;
        let chosen = pinned(macros, &resolver.project.pins, options)?;
        // Neither the store nor what Cargo has built before must vouch for itself, wherever the user has that.
        let target = resolver.cargo.temporary.join("target");
        resolver.choice = Choice { from_source: true, profile: Profile::Optimized, ..Choice::default() };
        let units: Vec<usize> =
            chosen.iter().flat_map(|(index, _)| macros.list[*index].units.iter().copied()).collect();
        resolver.need(&units)?;
        resolver.build_missing(OsStr::new(LOOKED_UP_IN), &built_in(&target))?;
        let mut code = 0;
        let mut text = String::new();
        for (index, pinned) in chosen {
            let built = Digest::of(&module_of(resolver, index)?).to_string();
            let it = macros.list[index].named();
            if built == pinned.sha256 {
                text += &format!("{it}: identical\n  sha256 = {built}\n");
            } else {
                text += &format!("{it}: different\n  pinned: sha256 = {}\n  built:  sha256 = {built}\n", pinned.sha256);
                code = 1;
            }
        }
        output::print(&text)?;
        Ok(code)
    })
}

/// The pinned macros that are to be verified. Each pin has to lead to one, so that none is passed over silently.
fn pinned(macros: &Macros<'_>, pins: &Pins, options: &Verify) -> Result<Vec<(usize, Pinned)>> {
    if pins.is_empty() {
        return Err(Failure::new(format!("the workspace pins no module: there is no `{FILE_NAME}`, or nothing in it"))
            .help("`cargo wasm-proc-macro pack -p PACKAGE` makes a module and prints the line for it"));
    }
    let more = "`--workspace` and `--all-targets` include more macros";
    if options.package.is_empty()
        && let Some(text) = pins.unused(macros).into_iter().next()
    {
        return Err(Failure::new(text).help(format!("{more}; or remove the line")));
    }
    let mut chosen = Vec::new();
    for (index, it) in macros.list.iter().enumerate() {
        if (options.package.is_empty() || options.package.iter().any(|spec| it.is_named(spec)))
            && let Some(pinned) = pins.module(it, macros)?
        {
            chosen.push((index, pinned));
        }
    }
    let missing = |spec: &&String| !chosen.iter().any(|(index, _)| macros.list[*index].is_named(spec));
    if let Some(spec) = options.package.iter().find(missing) {
        let failure = Failure::new(format!("`--package {spec}` names no macro package of this project that is pinned"));
        return Err(failure.help(near(spec, pins.names()).unwrap_or_else(|| more.to_owned())));
    }
    Ok(chosen)
}

/// The one macro that `spec` names.
fn one(macros: &Macros<'_>, spec: &str) -> Result<usize> {
    let found = macros.matching(spec, "--package")?;
    if let [index] = found.as_slice() {
        return Ok(*index);
    }
    let failure = Failure::new(format!("`--package {spec}` names more than one macro package"));
    let say = |it: &Macro<'_>| format!("{}@{}, with the features: {}", it.name, it.version, it.features.join(", "));
    let failure = found.iter().fold(failure, |failure, index| failure.note(say(&macros.list[*index])));
    Err(failure.help("write `NAME@VERSION`, or use options of Cargo that select only one of them"))
}

fn module_of(resolver: &Resolver<'_>, index: usize) -> Result<Vec<u8>> {
    let module = match resolver.decisions.get(&index) {
        Some(Decision::Wasm(module)) => module,
        other => {
            let failure = Failure::new(format!("{} cannot be built to Wasm", resolver.macros.list[index].named()));
            return Err(match other {
                Some(Decision::Native(reason)) => failure.note(format!("it runs natively: {reason}")),
                Some(Decision::Stuck(trouble)) => {
                    failure.note(trouble.to_string()).help("`-v` prints more about what failed")
                }
                // It is built with one that is stuck, or that was refused something.
                _ => resolver.missing(&resolver.wants()),
            });
        }
    };
    fs::read(&module.path).map_err(|error| Failure::new(format!("cannot read `{}`: {error}", module.path.display())))
}

/// A path as it is written in the file in `root`: below it without it, and with slashes on every system.
fn relative(path: &Path, root: &Path) -> String {
    let canonical = |path: &Path| fs::canonicalize(path).unwrap_or(path.to_owned());
    let (path, root): (PathBuf, PathBuf) = (canonical(path), canonical(root));
    match path.strip_prefix(&root) {
        Ok(below) => below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"),
        Err(_) => path.display().to_string(),
    }
}
