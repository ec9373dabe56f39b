//! Entries that somebody has changed, mixed up or made up.

use super::*;
use crate::shared::errand::Job;
use crate::shared::settings::SharedSettings;

fn parcel() -> Parcel {
    Parcel {
        key: "5".repeat(64),
        package: "registry+https://example.org/index#a@1.0.0".into(),
        name: "a".into(),
        version: "1.0.0".into(),
        features: vec!["default".into()],
        source: "sha256:00".into(),
        module: None,
        variables: vec!["A_VARIABLE".into()],
        replaces: false,
    }
}

fn errand() -> Errand {
    Errand {
        settings: SharedSettings::default(),
        job: Job::Pull,
        compiler: "rustc 1.96.0".into(),
        toolchain: "7".repeat(64),
        directory: "unused".into(),
        parcels: Vec::new(),
    }
}

fn signer() -> SigningKey {
    SigningKey::generate("ci").unwrap()
}

fn entry(signer: &SigningKey) -> Vec<u8> {
    write(signer, &parcel(), &errand(), b"a module").unwrap()
}

/// Reads an entry as one of `signer`; the module, or the reason.
fn read_as(entry: &[u8], signer: &TrustedKey, parcel: &Parcel) -> Result<Vec<u8>, String> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("module");
    match receive(entry, signer, parcel, &errand(), &file) {
        Ok(received) => {
            assert_eq!(received.variables, ["A_VARIABLE"]);
            Ok(std::fs::read(file).unwrap())
        }
        Err(Unusable::Refused(reason)) => Err(reason),
        Err(Unusable::Slow) => Err("slow".into()),
    }
}

fn reason(entry: &[u8], signer: &SigningKey) -> String {
    read_as(entry, &signer.trusted(), &parcel()).unwrap_err()
}

/// An entry whose text `from` is `to`, once.
fn with(entry: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(entry.to_vec()).unwrap();
    assert!(text.contains(from), "{text}");
    text.replacen(from, to, 1).into_bytes()
}

#[test]
fn what_was_signed_arrives() {
    let signer = signer();
    assert_eq!(read_as(&entry(&signer), &signer.trusted(), &parcel()).unwrap(), b"a module");
}

#[test]
fn each_changed_byte_is_found() {
    // Whatever a server does to an entry, its module is what was signed, or nothing.
    let signer = signer();
    let right = entry(&signer);
    for position in 0..right.len() {
        let mut wrong = right.clone();
        wrong[position] ^= 1;
        assert!(read_as(&wrong, &signer.trusted(), &parcel()).is_err(), "byte {position}");
        assert!(read_as(&right[..position], &signer.trusted(), &parcel()).is_err(), "{position} bytes");
    }
    assert!(reason(&[&right[..], b"more"].concat(), &signer).contains("longer than 8 bytes"));
}

#[test]
fn nobody_else_can_sign() {
    // A server, or who has its password, can put anything anywhere.
    let (signer, other) = (signer(), signer());
    assert!(reason(&entry(&other), &signer).contains("signed by another key than `ci`"));
    let forged = with(&entry(&other), &other.trusted().id(), &signer.trusted().id());
    assert!(reason(&forged, &signer).contains("its signature by `ci` is wrong"));
    let unsigned = with(&entry(&signer), "ed25519 ", "none ");
    assert!(reason(&unsigned, &signer).contains("it is not signed"));
}

#[test]
fn a_right_entry_in_another_place_is_refused() {
    // Everything about it is signed, but it is of another build.
    let signer = signer();
    let other = Parcel { key: "6".repeat(64), ..parcel() };
    let reason = read_as(&entry(&signer), &signer.trusted(), &other).unwrap_err();
    assert!(reason.contains("a v1.0.0 from a different build"), "{reason}");
    let other = Parcel { features: Vec::new(), ..parcel() };
    let reason = read_as(&entry(&signer), &signer.trusted(), &other).unwrap_err();
    assert!(reason.contains("another features"), "{reason}");
}

#[test]
fn a_signature_is_no_signature_of_something_else() {
    // The first line is signed, so that the same key may sign other things some day.
    let signer = signer();
    let statement = "{}\n";
    let signature = hex::encode(&signer.sign(statement.as_bytes()));
    let entry = format!("{MAGIC}{ALGORITHM} {} {signature}\n{statement}", signer.trusted().id());
    assert!(reason(entry.as_bytes(), &signer).contains("is wrong"));
}

#[test]
fn lines_end() {
    // A server may send one that does not.
    let signer = signer();
    let endless = io::repeat(b'x');
    let file = tempfile::NamedTempFile::new().unwrap();
    let result = receive(endless, &signer.trusted(), &parcel(), &errand(), file.path());
    assert!(matches!(result, Err(Unusable::Refused(reason)) if reason.contains("not an entry")));
    let entry = entry(&signer);
    let body = entry.chain(io::repeat(0));
    assert!(matches!(receive(body, &signer.trusted(), &parcel(), &errand(), file.path()), Err(Unusable::Refused(_))));
}
