//! All tests of the fork but those in `ui/`, as one program: each file is a module of it, so that what they share is linked, and what
//! they build is begun, once.

mod assembly;
mod bridge_failures;
mod bridging_crates;
mod building;
mod cache;
mod dep_info;
mod differential;
mod escape;
mod files;
mod gates;
mod hostile;
mod incremental;
mod library_names;
mod named_files;
mod not_had;
mod policy;
mod positions;
mod process;
mod profile;
mod refusals;
mod rustdoc;
mod scarcity;
mod search;
mod stated_limits;
mod stub_hash;
mod terminal;
mod tidy;
mod truncation;
mod variables;
mod watt;
