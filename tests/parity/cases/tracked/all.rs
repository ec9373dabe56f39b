//! Variables and files that a macro asks for land in dep-info, whether they exist or not.
//@ env: PARITY_SET=a value with = and ünïcode
//@ env: PARITY_EMPTY=
//@ env: PARITY_TWICE=compiler
//@ flags: --wasm-proc-macro-policy policy.toml --env-set PARITY_GIVEN=given --env-set PARITY_TWICE=option -Zunstable-options

tracked::variables!("PARITY_SET" "PARITY_EMPTY" "PARITY_UNSET" "PARITY_GIVEN" "PARITY_TWICE" "PARITY_SET" "" "WITH=EQUALS");
tracked::files!("beside.txt" "missing" "all.rs" "directory/with space/and\\backslash" "beside.txt" "");
tracked::available!();

fn main() {
    println!("{:?} {:?}", option_env!("PARITY_SET"), option_env!("PARITY_TWICE"));
}
