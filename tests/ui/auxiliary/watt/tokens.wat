;; Macros that give back what they are given, by way of the wire format of watt 0.4, and some that make tokens.
(module
  (import "watt-0.4" "token_stream_serialize" (func $serialize (param i32) (result i32)))
  (import "watt-0.4" "token_stream_deserialize" (func $deserialize (param i32 i32) (result i32)))
  (import "watt-0.4" "token_stream_parse" (func $parse (param i32 i32) (result i32)))
  (import "watt-0.4" "bytes_len" (func $bytes_len (param i32) (result i32)))
  (import "watt-0.4" "bytes_read" (func $bytes_read (param i32 i32)))
  (memory (export "memory") 16)
  (func (export "raw_to_token_stream") (param i32) (result i32) (local.get 0))
  (func (export "token_stream_into_raw") (param i32) (result i32) (local.get 0))

  ;; In this format a stream reads the same in both directions.
  (func $same (export "same") (param $stream i32) (result i32)
    (local $bytes i32)
    (local.set $bytes (call $serialize (local.get $stream)))
    (call $bytes_read (local.get $bytes) (i32.const 4096))
    (call $deserialize (i32.const 4096) (call $bytes_len (local.get $bytes))))
  (func (export "same_item") (param $arguments i32) (param $item i32) (result i32)
    (drop (call $same (local.get $arguments)))
    (call $same (local.get $item)))
  (func (export "nothing") (param i32) (result i32)
    (call $parse (i32.const 0) (i32.const 0)))

  ;; A literal `-7i32`, an identifier `r#match`, an identifier `größe`, each with the call site's span.
  (data (i32.const 16) "\04\ff\ff\ff\ff\00\05\00\00\00-7i32\00")
  (func (export "negative") (param i32) (result i32) (call $deserialize (i32.const 16) (i32.const 16)))
  (data (i32.const 48) "\02\ff\ff\ff\ff\07\00\00\00r#match\00")
  (func (export "raw") (param i32) (result i32) (call $deserialize (i32.const 48) (i32.const 17)))
  (data (i32.const 80) "\02\ff\ff\ff\ff\07\00\00\00gr\c3\b6\c3\9fe\00")
  (func (export "unicode") (param i32) (result i32) (call $deserialize (i32.const 80) (i32.const 17)))

  ;; Instructions that watt's interpreter does not know: sign extension, bulk memory, saturating conversion, two results,
  ;; references.
  (table $table 1 externref)
  (func $two (result i32 i32) (i32.const 40) (i32.const 2))
  (func (export "newer") (param $stream i32) (result i32)
    (drop (i32.extend8_s (i32.const 200)))
    (memory.fill (i32.const 2048) (i32.const 1) (i32.const 8))
    (memory.copy (i32.const 2056) (i32.const 2048) (i32.const 8))
    (drop (i32.trunc_sat_f64_s (f64.const nan)))
    (drop (i32.add (call $two)))
    (drop (ref.is_null (table.get $table (i32.const 0))))
    (local.get $stream))

  (func $down (param $depth i32) (result i32)
    (if (result i32) (local.get $depth)
      (then (i32.add (i32.const 1) (call $down (i32.sub (local.get $depth) (i32.const 1)))))
      (else (i32.const 0))))
  (func (export "deep") (param $stream i32) (result i32)
    (drop (call $down (i32.const 50000)))
    (local.get $stream))

  (@custom ".rustc_proc_macro_decls" "bang:same:same\nattr:same_item:same_item\nderive:Nothing:nothing:helper\nbang:negative:negative\nbang:raw:raw\nbang:unicode:unicode\nbang:newer:newer\nbang:deep:deep\n")
  (@custom ".rustc_proc_macro_abi" "abi=1\ncrate=tokens\nversion=0.0.0\nedition=2021\ncompiler=hand\n"))
