//! Modules that came with the toolchain: a shared store in its directory, which is only read.
//!
//! ```text
//! TOOLCHAIN/lib/wasm-proc-macro/modules/trusted-keys         whose signatures count there, a line each
//! TOOLCHAIN/lib/wasm-proc-macro/modules/v1/PUBLIC-KEY/KEY    an entry, as in every shared store
//! ```

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::decision::Origin;
use crate::resolve::Resolver;
use crate::shared::settings::{SharedSettings, TrustedKey};
use crate::toolchain::Toolchain;

const PLACE: &str = "lib/wasm-proc-macro/modules";
const KEYS: &str = "trusted-keys";

/// The modules of a toolchain.
struct Prebuilt {
    dir: PathBuf,
    trusted: Vec<TrustedKey>,
    settings: SharedSettings,
}

impl Prebuilt {
    /// Those of a toolchain that has some. Else why they cannot be used.
    fn of(toolchain: &Toolchain) -> Result<Option<Prebuilt>, String> {
        let dir = toolchain.root().join(PLACE);
        let path = dir.join(KEYS);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("`{}` cannot be read: {error}", path.display())),
        };
        let settings = SharedSettings::of_directory(&dir, text.lines().map(str::to_owned).collect());
        let settings = settings.ok_or("its path is no text")?;
        let trusted = settings.trusted();
        if trusted.is_empty() {
            return Err(format!("there is no key in `{}`", path.display()));
        }
        Ok(Some(Prebuilt { dir, trusted, settings }))
    }

    /// Whether there may be a module of that key, so that it is worth while to look.
    fn may_have(&self, key: &str) -> bool {
        self.trusted.iter().any(|signer| self.dir.join(signer.path_of(key)).exists())
    }
}

impl Resolver<'_> {
    /// Takes from the toolchain what would be built. The caller has the locks of the macros.
    pub(crate) fn take_prebuilt(&mut self) {
        if self.choice.from_source || self.to_build().is_empty() {
            return;
        }
        let prebuilt = match Prebuilt::of(self.cargo.toolchain) {
            Ok(Some(prebuilt)) => prebuilt,
            Ok(None) => return,
            Err(reason) => return self.say_useless(&reason),
        };
        let asked = self.fetch(&prebuilt.settings, Origin::Toolchain, &|key| prebuilt.may_have(key));
        self.say_refused(&asked.refused, "the toolchain");
        for (index, signer) in asked.taken {
            let named = self.macros.list[index].named();
            self.shell.verbose(format_args!("{named} came with the toolchain, signed by `{signer}`"));
        }
        if let Some(trouble) = asked.trouble {
            self.say_useless(&trouble);
        }
    }

    fn say_useless(&self, reason: &str) {
        self.shell.warn(format_args!("the toolchain's modules are not used: {reason}"));
    }
}
