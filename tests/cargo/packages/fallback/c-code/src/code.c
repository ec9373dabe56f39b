/* What `lib.rs` declares. */
int c_code_answer(void) { return 40 + 2; }
