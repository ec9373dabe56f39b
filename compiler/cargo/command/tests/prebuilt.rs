//! Modules that come with the toolchain.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;
use support::sharing::{anew, key, warnings};
use support::{Lab, finish};

/// A lab whose toolchain has an optimized module of each macro, and a user who has nothing yet.
fn lab() -> Lab {
    let mut lab = Lab::usual();
    let (path, public) = key(&lab, "maker");
    let place = place(&lab);
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("trusted-keys"), format!("{public}\n")).unwrap();
    let url = format!("file://{}", place.display());
    lab.settings = json!({ "optimize": "first", "store": { "url": url, "mode": "read-write", "signing-key": path } });
    assert!(lab.ok(&["build"]).stderr.contains("Uploaded 3 modules"));
    _ = fs::remove_dir_all(lab.store());
    _ = fs::remove_dir_all(lab.path("project/target"));
    lab.settings = json!({});
    lab.take_modes();
    lab
}

fn place(lab: &Lab) -> PathBuf {
    lab.path("toolchain/lib/wasm-proc-macro/modules")
}

/// The files with the modules.
fn entries(lab: &Lab) -> Vec<PathBuf> {
    let files = |dir: &Path| fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    files(&place(lab).join("v1")).iter().flat_map(|dir| files(dir)).collect()
}

#[test]
fn what_the_toolchain_has_is_not_built() {
    // Nobody has to build serde_derive.
    let lab = lab();
    let output = lab.ok(&["build", "-v"]);
    assert_eq!(lab.take_modes(), ["plan", "use"]);
    assert!(output.stderr.contains("Used 2 macros from Wasm (2 from the toolchain)\n"), "{}", output.stderr);
    assert!(
        output.stderr.contains("first-derive v1.0.0 came with the toolchain, signed by `maker`"),
        "{}",
        output.stderr
    );
    assert!(warnings(&output).is_empty());
    // It can be seen later, too.
    assert!(lab.ok(&["build"]).stderr.contains("Used 2 macros from Wasm (2 from the toolchain)\n"));
    let explained = lab.ok(&["build", "--explain", "first-derive"]).stdout;
    assert!(explained.contains("the module in the store that came with the toolchain (optimized)"), "{explained}");
    // There is nothing better.
    assert!(lab.ok(&["optimize"]).stderr.contains("Optimized"));
    assert_eq!(lab.take_calls("build").len(), 0);
    let list: serde_json::Value = serde_json::from_str(&lab.ok(&["store", "list", "--json"]).stdout).unwrap();
    assert!(list.as_array().unwrap().iter().all(|entry| entry["prebuilt"] == true), "{list}");
}

#[test]
fn what_it_lacks_is_built_beside() {
    // It has what was newest when it was made.
    let mut lab = lab();
    let syn = lab.library("quote");
    let third = lab.macros("third-derive", &[syn]);
    lab.root("tool", &[third]);
    let output = lab.ok(&["build"]);
    assert!(output.stderr.contains("Used 3 macros from Wasm (2 from the toolchain)\n"), "{}", output.stderr);
    let built = lab.take_calls("build");
    assert_eq!(support::names(&built[0]["request"]["build"]), ["third-derive"]);
    assert!(anew(&lab).stderr.contains("(2 from the toolchain)"));
    assert!(lab.ok(&["build"]).stderr.contains("(1 cached, 2 from the toolchain)"));
}

#[test]
fn a_user_s_own_comes_first() {
    // It can be another one: the toolchain was installed after it was built.
    let lab = lab();
    let aside = lab.path("aside");
    fs::rename(place(&lab), &aside).unwrap();
    lab.ok(&["build"]);
    fs::rename(aside, place(&lab)).unwrap();
    let output = lab.ok(&["build"]);
    assert!(output.stderr.contains("Used 2 macros from Wasm (2 cached)\n"), "{}", output.stderr);
}

#[test]
fn what_is_not_as_it_was_signed_is_refused_by_name() {
    // A disk that fails, or a copy that was not finished.
    let lab = lab();
    let paths = entries(&lab);
    let bytes: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    let refused = |change: &dyn Fn(usize) -> Vec<u8>, reason: &str| {
        paths.iter().enumerate().for_each(|(index, path)| fs::write(path, change(index)).unwrap());
        let output = anew(&lab);
        assert_eq!(lab.take_modes(), ["plan", "build", "use"]);
        assert!(output.stderr.contains("Used 2 macros from Wasm\n"), "{}", output.stderr);
        let said = warnings(&output);
        assert!(
            said.len() == 1
                && said[0].starts_with("warning: refused from the toolchain: ")
                && said[0].contains("first-derive v1.0.0")
                && said[0].contains(reason),
            "not `{reason}`: {}",
            output.stderr
        );
    };
    let text = |bytes: &[u8]| bytes.iter().position(|byte| *byte == b'{').unwrap();
    refused(&|index| bytes[index][..bytes[index].len() - 1].to_vec(), "it ends after ");
    let other = |index: usize| {
        let mut bytes = bytes[index].clone();
        let at = text(&bytes) - 2;
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        bytes
    };
    refused(&other, "its signature by `maker` is wrong");
    refused(&|index| bytes[(index + 1) % bytes.len()].clone(), "from a different build");
    // Of somebody whom the toolchain does not name nothing is looked at.
    paths.iter().zip(&bytes).for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    fs::write(place(&lab).join("trusted-keys"), format!("maker:{}\n", "ab".repeat(32))).unwrap();
    let output = anew(&lab);
    assert!(warnings(&output).is_empty() && output.stderr.contains("Used 2 macros from Wasm\n"), "{}", output.stderr);
    fs::write(place(&lab).join("trusted-keys"), "x").unwrap();
    let output = anew(&lab);
    assert!(
        warnings(&output).len() == 1
            && output.stderr.contains("the toolchain's modules are not used: there is no key in"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_toolchain_that_nobody_may_write_is_enough() {
    // It is its administrator's as a rule.
    let lab = lab();
    let modes = |mode: u32| {
        for path in [place(&lab), place(&lab).join("v1")].into_iter().chain(entries(&lab)) {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    let before: Vec<_> = entries(&lab).iter().map(|path| fs::metadata(path).unwrap().modified().unwrap()).collect();
    modes(0o555);
    assert!(lab.ok(&["build"]).stderr.contains("(2 from the toolchain)"));
    let after: Vec<_> = entries(&lab).iter().map(|path| fs::metadata(path).unwrap().modified().unwrap()).collect();
    assert_eq!(before, after);
    modes(0o755);
}

#[test]
fn the_shared_store_is_asked_for_the_rest_only() {
    // What is there costs no request, and works without the network.
    let mut lab = lab();
    let server = support::server::Server::start();
    lab.settings = json!({ "store": { "url": server.url(), "trusted-keys": [format!("ci:{}", "ab".repeat(32))] } });
    assert!(lab.ok(&["build"]).stderr.contains("(2 from the toolchain)"));
    assert!(server.take_requests().is_empty());
    lab.settings["store"]["offline"] = json!(true);
    assert!(anew(&lab).stderr.contains("(2 from the toolchain)"));
}

#[test]
fn who_cannot_keep_modules_has_them_from_the_toolchain_each_time() {
    // As in a container whose home cannot be written.
    let lab = lab();
    fs::write(lab.path("no-directory"), "").unwrap();
    let mut command = lab.command(&["build"]);
    command.env("WASM_PROC_MACRO_STORE", lab.path("no-directory/store"));
    let output = finish(command);
    assert!(output.stderr.contains("(2 from the toolchain)"), "{}", output.stderr);
}

#[test]
fn what_is_verified_is_built_from_its_source() {
    // The toolchain must not vouch for a pin.
    let lab = lab();
    let line = lab.ok(&["pack", "-p", "first-derive"]).stdout;
    assert_eq!(lab.take_calls("build").len(), 0);
    lab.permit(&format!("[modules]\n{line}"));
    assert!(lab.ok(&["verify"]).stdout.contains("identical"));
    assert_eq!(lab.take_calls("build").len(), 1);
}
