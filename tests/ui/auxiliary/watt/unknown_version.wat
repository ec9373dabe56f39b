;; A version of watt that is not known.
(module
  (import "watt-0.6" "bytes_len" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "raw_to_token_stream") (param i32) (result i32) (local.get 0))
  (func (export "token_stream_into_raw") (param i32) (result i32) (local.get 0))
  (func (export "same") (param i32) (result i32) (local.get 0))
  (@custom ".rustc_proc_macro_decls" "bang:same:same\n")
  (@custom ".rustc_proc_macro_abi" "abi=1\ncrate=refused\nversion=0.0.0\nedition=2021\ncompiler=hand\n"))
