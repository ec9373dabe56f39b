//! What is remembered of macros that could not be built.

use crate::decision::Trouble;
use crate::key::Key;
use crate::profile::Profile;
use crate::resolve::Resolver;

/// What a failure is kept by. One to optimize says nothing about the quick module, which is enough for every build.
pub(crate) fn failure_key(key: &Key, profile: Profile) -> Key {
    match profile {
        Profile::Quick => key.clone(),
        Profile::Optimized => key.with(&profile),
    }
}

impl Resolver<'_> {
    /// Why the macro with that key could not be built in a run before.
    pub(crate) fn known_failure(&self, key: &Key) -> Option<Trouble> {
        if self.choice.retry {
            return None;
        }
        let noted = |profile| self.store.failure(&failure_key(key, profile));
        // What cannot be built at all cannot be optimized.
        let note = noted(Profile::Quick).or_else(|| noted(self.choice.profile))?;
        Some(Trouble::Failed { reason: note.reason, known: true })
    }

    /// Forgets why the macro with that key could not be built, since it was.
    pub(crate) fn forget_failure(&self, key: &Key) {
        for profile in [Profile::Quick, self.choice.profile] {
            self.store.forget_failure(&failure_key(key, profile));
        }
    }
}
