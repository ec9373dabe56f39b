//! Keys: making a pair, keeping the secret half, signing with it, and checking with the other one.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use super::hex;
use super::settings::{SharedSettings, TrustedKey, is_name};

/// Has a secret key as its text, where there is no place for a file.
pub(crate) const KEY_VARIABLE: &str = "WASM_PROC_MACRO_STORE_SIGNING_KEY";

/// What a file with a secret key begins with.
const COMMENT: &str =
    "# This key signs modules for a shared store of cargo-wasm-proc-macro. Who has it can make others run macros.\n";
const WORD: &str = "secret";

/// A pair of keys.
pub(crate) struct SigningKey {
    name: String,
    seed: [u8; 32],
    pair: Ed25519KeyPair,
}

/// Without the secret.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.name)
    }
}

impl SigningKey {
    /// Makes a pair. Nothing if the system provides no random numbers, or nobody can be called so.
    pub(crate) fn generate(name: &str) -> Option<SigningKey> {
        let mut seed = [0; 32];
        SystemRandom::new().fill(&mut seed).ok()?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).ok()?;
        is_name(name).then(|| SigningKey { name: name.to_owned(), seed, pair })
    }

    /// Reads `NAME:secret:SEED:PUBLIC KEY`, and comments before it.
    pub(crate) fn parse(text: &str) -> Option<SigningKey> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (Some(line), None) = (lines.next(), lines.next()) else { return None };
        let parts: Vec<&str> = line.split(':').collect();
        let [name, WORD, seed, public] = parts[..] else { return None };
        let (seed, public) = (hex::decode::<32>(seed)?, hex::decode::<32>(public)?);
        let pair = Ed25519KeyPair::from_seed_and_public_key(&seed, &public).ok()?;
        is_name(name).then(|| SigningKey { name: name.to_owned(), seed, pair })
    }

    /// The key that the settings or the environment name. Nothing if there is none; else why it cannot be used.
    pub(crate) fn find(settings: &SharedSettings) -> Result<Option<SigningKey>, String> {
        if let Some(text) = std::env::var_os(KEY_VARIABLE).filter(|text| !text.is_empty()) {
            let key = text.to_str().and_then(SigningKey::parse);
            return key.map(Some).ok_or_else(|| format!("`{KEY_VARIABLE}` is not a secret key"));
        }
        let Some(path) = &settings.signing_key else { return Ok(None) };
        let text = fs::read_to_string(path)
            .map_err(|error| format!("the signing key `{}` cannot be read: {error}", path.display()))?;
        SigningKey::parse(&text).map(Some).ok_or_else(|| format!("`{}` is not a secret key", path.display()))
    }

    /// Writes it to a new file that nobody else can read.
    pub(crate) fn write_new(&self, path: &Path) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let TrustedKey { name, .. } = self.trusted();
        let text = format!("{COMMENT}{name}:{WORD}:{}:{}\n", hex::encode(&self.seed), self.trusted().id());
        options.open(path)?.write_all(text.as_bytes())
    }

    /// The half that is no secret.
    pub(crate) fn trusted(&self) -> TrustedKey {
        let public = self.pair.public_key().as_ref().try_into().expect("public keys of this kind have 32 bytes");
        TrustedKey { name: self.name.clone(), public }
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.pair.sign(message).as_ref().try_into().expect("signatures of this kind have 64 bytes")
    }
}

/// Whether who has the other half of `public` has signed `message`.
pub(super) fn is_signed(public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    UnparsedPublicKey::new(&ED25519, public).verify(message, signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written() {
        // One that is damaged must not become another one that nobody trusts.
        let dir = tempfile::tempdir().unwrap();
        let (path, key) = (dir.path().join("key"), SigningKey::generate("ci").unwrap());
        key.write_new(&path).unwrap();
        assert!(key.write_new(&path).is_err(), "a key was overwritten");
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(SigningKey::parse(&text).unwrap().trusted(), key.trusted());
        let other = SigningKey::generate("ci").unwrap().trusted().id();
        let mixed = text.replace(&key.trusted().id(), &other);
        for wrong in [text.replace(":secret:", ":public:"), mixed, text.clone() + &text, String::new()] {
            assert!(SigningKey::parse(&wrong).is_none(), "{wrong}");
        }
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777, 0o600);
    }

    #[test]
    fn a_secret_is_not_shown() {
        // Messages and logs show what has `Debug`.
        let key = SigningKey::generate("ci").unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey(ci)");
    }

    #[test]
    fn this_is_ed25519() {
        // The first vector of RFC 8032, 7.1.
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let signature = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
        let key = SigningKey::parse(&format!("x:secret:{seed}:{public}")).unwrap();
        assert_eq!(hex::encode(&key.sign(b"")), signature);
        assert!(is_signed(&key.trusted().public, b"", &hex::decode(signature).unwrap()));
    }
}
