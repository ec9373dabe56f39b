//! Names that are not found, and what the compiler says of those that are near.
//@ errors:

hygiene::mixed_items!();

fn main() {
    let seen = 1;
    hygiene::local_mixed!();
    hygiene::local_at_definition!();
    println!("{}", local);
    println!("{}", x);
    macro_rules! own { () => { let mine = 1; hygiene::uses!(mine call); hygiene::uses!(mine mixed); } }
    own!();
    hygiene::uses!(seen def);
    hygiene::uses!(seen mixed);
    hygiene::uses!(local def);
    'a: loop { hygiene::mixed_items!(); break 'b; }
    let _ = seen;
}
