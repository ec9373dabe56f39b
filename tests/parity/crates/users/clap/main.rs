//! A command line with subcommands, groups, flattened parts, values of enums and texts from doc comments and the package.
//@ edition: 2021
//@ library: clap
//@ macros: clap_derive
//@ env: CARGO_PKG_NAME=the-package

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

/// Does this and that.
///
/// The second paragraph stands in the long help only,
/// and these two lines are one.
///
///     indented code
#[derive(Parser, Debug, PartialEq)]
#[command(version, author, long_version = concat!(env!("CARGO_PKG_VERSION"), " (long)"), rename_all = "snake_case")]
#[command(after_help = "After.\nAll", arg_required_else_help = false, max_term_width = 90, disable_help_subcommand(true))]
struct Line {
    /// How much to say.
    #[arg(short, long, action = ArgAction::Count, global = true)]
    verbose: u8,

    /// Where to begin
    #[arg(long = "from", short = 'F', value_name = "HOST", default_value = "127.0.0.1", alias = "since")]
    from_host: IpAddr,

    #[arg(long, default_value_t = Format::Plain, value_enum, env = "PARITY_FORMAT", hide_env_values = true)]
    format: Format,

    /// In the order in which they are given.
    #[arg(long, num_args = 0..=3, value_delimiter = ';', default_missing_value = "a;b", require_equals = true)]
    names: Option<Vec<String>>,

    #[arg(long, overrides_with = "no_color")]
    color: bool,

    #[arg(long = "no-color", hide = true)]
    no_color: bool,

    #[arg(long, value_parser = parse_pair, help_heading = "Pairs", id = "pair")]
    pairs: Vec<(String, i32)>,

    #[arg(long, value_parser = PossibleValuesParser::new(["1", "2"]).map(|text| text.len()))]
    r#type: Option<usize>,

    #[command(flatten, next_help_heading = "Shared")]
    shared: Shared,

    #[command(flatten)]
    exclusive: Option<Exclusive>,

    #[command(subcommand)]
    action: Option<Action>,

    #[arg(skip = 42u32)]
    computed: u32,

    #[arg(skip)]
    nothing: Option<()>,
}

fn parse_pair(text: &str) -> Result<(String, i32), String> {
    let (name, number) = text.split_once('=').ok_or_else(|| format!("no `=` in {text}"))?;
    Ok((name.to_owned(), number.parse().map_err(|error| format!("{error}"))?))
}

/// Shared by several commands.
#[derive(Args, Debug, PartialEq, Clone)]
struct Shared {
    /// Optional, with an optional value.
    #[arg(long, short, conflicts_with_all = ["left", "right"])]
    level: Option<Option<i8>>,
    #[arg(long, value_hint = clap::ValueHint::DirPath, default_value_os_t = PathBuf::from("out"))]
    output_dir: PathBuf,
}

#[derive(Args, Debug, PartialEq)]
#[group(required = false, multiple = false, id = "side")]
struct Exclusive {
    #[arg(long)]
    left: bool,
    #[arg(long, value_name = "N")]
    right: Option<u64>,
}

#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[value(rename_all = "SCREAMING_SNAKE_CASE")]
enum Format {
    /// Without anything.
    #[default]
    Plain,
    #[value(name = "json", alias = "js", help = "For programs")]
    Json,
    #[value(hide = true)]
    VeryLong,
    #[value(skip)]
    Internal,
}

#[derive(Subcommand, Debug, PartialEq)]
#[command(rename_all = "kebab-case", subcommand_value_name = "ACTION")]
enum Action {
    /// Adds files.
    #[command(visible_alias = "a", about = "Adds", long_flag = "add")]
    AddFiles {
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Taken together with all that follows.
        #[arg(last = true, allow_hyphen_values = true)]
        rest: Vec<OsString>,
    },
    Unit,
    Tuple(Shared),
    #[command(subcommand, name = "deep")]
    Nested(Deeper),
    #[command(flatten)]
    More(Flattened),
    #[command(external_subcommand)]
    External(Vec<String>),
}

#[derive(Subcommand, Debug, PartialEq)]
enum Deeper {
    Deepest {
        #[arg(long, requires = "b")]
        a: bool,
        #[arg(long)]
        b: bool,
    },
}

#[derive(Subcommand, Debug, PartialEq)]
enum Flattened {
    /// From the flattened enum.
    Extra { count: Option<std::num::NonZeroU8> },
}

#[derive(Parser, Debug)]
struct Generic<T: Args, const N: usize> {
    #[command(flatten)]
    inner: T,
}

fn main() {
    Line::command().debug_assert();
    println!("{}", Line::command().render_long_help());
    println!("{}", Line::command().render_help());
    println!("{}{}", Line::command().render_version(), Line::command().render_long_version());
    println!("{:?} {:?}", Line::command().get_name(), Line::command().get_author());
    let lines: [&[&str]; 12] = [
        &["x"],
        &["x", "-vv", "--from", "::1", "--format", "js", "--names=p;q", "--pair", "a=1", "--pair=b=-2", "--type", "2"],
        &["x", "--names", "--color", "--no-color", "-l", "-v", "add-files", "f", "-v", "--", "-x"],
        &["x", "--left", "--right", "1"],
        &["x", "--right=5", "deep", "deepest", "--a"],
        &["x", "extra", "0"],
        &["x", "extra", "7"],
        &["x", "tuple", "-l3", "--output-dir", "elsewhere"],
        &["x", "something", "else"],
        &["x", "--pair", "a:1"],
        &["x", "--format", "INTERNAL"],
        &["x", "add-files"],
    ];
    for line in lines {
        match Line::try_parse_from(line) {
            Ok(parsed) => println!("{parsed:?}"),
            Err(error) => println!("{error}"),
        }
    }
    let mut parsed = Line::parse_from(["x", "unit"]);
    parsed.update_from(["x", "-v", "--left"]);
    println!("{parsed:?}");
    let matches = Generic::<Shared, 0>::command().get_matches_from(["x", "-l", "2"]);
    println!(
        "{:?}",
        Generic::<Shared, 0>::from_arg_matches(&matches).map(|generic| generic.inner).map_err(|error| error.to_string())
    );
    println!("{:?}", Format::value_variants().iter().map(|format| format.to_possible_value().is_some()).collect::<Vec<_>>());
}
