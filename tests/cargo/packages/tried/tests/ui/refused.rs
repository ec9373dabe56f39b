tried::refused!();

fn main() {}
