//! A function in C.

mod ffi {
    #[link(name = "c_code", kind = "static")]
    unsafe extern "C" {
        pub safe fn c_code_answer() -> i32;
    }
}

pub fn answer() -> i32 {
    ffi::c_code_answer()
}
