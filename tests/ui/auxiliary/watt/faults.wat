;; Macros that go wrong, each in its way.
(module
  (import "watt-0.5" "token_stream_deserialize" (func $deserialize (param i32 i32) (result i32)))
  (import "watt-0.5" "token_stream_parse" (func $parse (param i32 i32) (result i32)))
  (import "watt-0.5" "string_new" (func $string_new (param i32 i32) (result i32)))
  (import "watt-0.5" "string_len" (func $string_len (param i32) (result i32)))
  (import "watt-0.5" "print_panic" (func $print_panic (param i32)))
  (memory (export "memory") 1)
  (func (export "raw_to_token_stream") (param i32) (result i32) (local.get 0))
  (func (export "token_stream_into_raw") (param i32) (result i32) (local.get 0))

  ;; How often an instance has been asked.
  (global $count (mut i32) (i32.const 48))
  (func (export "counts") (param i32) (result i32)
    (i32.store8 (i32.const 8) (global.get $count))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (call $parse (i32.const 8) (i32.const 1)))

  (data (i32.const 16) "panicked at 'no \22luck\22', src/lib.rs:1:2")
  (func (export "panics") (param i32) (result i32)
    (call $print_panic (call $string_new (i32.const 16) (i32.const 39)))
    unreachable)
  (func (export "traps") (param i32) (result i32) unreachable)
  (func $endless (param i32) (result i32) (i32.add (i32.const 1) (call $endless (local.get 0))))
  (func (export "recurses") (param i32) (result i32) (call $endless (local.get 0)))

  (data (i32.const 64) "\01\00\ff\ff\ff\ff\00")
  (func (export "malformed") (param i32) (result i32) (call $deserialize (i32.const 64) (i32.const 7)))
  (data (i32.const 80) "\02\ff\ff\ff\ff\03\00\00\00a b\00")
  (func (export "no_ident") (param i32) (result i32) (call $deserialize (i32.const 80) (i32.const 13)))
  (data (i32.const 96) "\04\ff\ff\ff\ff\00\01\00\00\00a\00")
  (func (export "no_literal") (param i32) (result i32) (call $deserialize (i32.const 96) (i32.const 12)))
  (data (i32.const 112) "\03a\00\00\00\00\ff\ff\ff\ff\00")
  (func (export "no_punct") (param i32) (result i32) (call $deserialize (i32.const 112) (i32.const 11)))
  (data (i32.const 128) "\02\07\00\00\00\01\00\00\00a\00")
  (func (export "no_span") (param i32) (result i32) (call $deserialize (i32.const 128) (i32.const 11)))
  (func (export "no_stream") (param i32) (result i32) (i32.const 7))
  (func (export "no_string") (param i32) (result i32) (call $string_len (i32.const 7)))
  (func (export "no_memory") (param i32) (result i32) (call $parse (i32.const 65535) (i32.const 2)))

  ;; Asks for ever, and keeps nothing itself.
  (func (export "hoards") (param i32) (result i32)
    (loop $again (drop (call $string_new (i32.const 0) (i32.const 65536))) (br $again))
    unreachable)

  ;; Groups within each other. Who knows no comments sees each of them closed at once.
  (data (i32.const 144) "/*)*/(")
  (func $nested (param $count i32) (result i32)
    (local $at i32) (local $left i32)
    (drop (memory.grow (i32.const 8)))
    (local.set $at (i32.const 65536))
    (local.set $left (local.get $count))
    (loop $next
      (memory.copy (local.get $at) (i32.const 144) (i32.const 6))
      (local.set $at (i32.add (local.get $at) (i32.const 6)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $next (local.get $left)))
    (memory.fill (local.get $at) (i32.const 41) (local.get $count))
    (call $parse (i32.const 65536) (i32.mul (local.get $count) (i32.const 7))))
  (func (export "nests_text") (param i32) (result i32) (call $nested (i32.const 30000)))
  (func (export "nests_output") (param i32) (result i32) (call $nested (i32.const 15000)))

  (@custom ".rustc_proc_macro_decls" "bang:counts:counts\nbang:panics:panics\nbang:traps:traps\nbang:recurses:recurses\nbang:malformed:malformed\nbang:no_ident:no_ident\nbang:no_literal:no_literal\nbang:no_punct:no_punct\nbang:no_span:no_span\nbang:no_stream:no_stream\nbang:no_string:no_string\nbang:no_memory:no_memory\nbang:hoards:hoards\nbang:nests_text:nests_text\nbang:nests_output:nests_output\n")
  (@custom ".rustc_proc_macro_abi" "abi=1\ncrate=faults\nversion=0.0.0\nedition=2021\ncompiler=hand\n"))
