//! Copies a few bytes where it stands, instead of by a call out of the guest.
//!
//! Of the copies whose length is known only when they run, a macro makes thousands for one derive, most of them of an
//! identifier's few bytes. The call takes longer than such a copy.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, Endianness, InstBuilder as _};
use cranelift_frontend::FunctionBuilder;

/// The widths of what is loaded and stored, in bytes. Each copies up to twice as many.
const WIDTHS: [(i64, ir::Type); 4] =
    [(8, ir::types::I64), (4, ir::types::I32), (2, ir::types::I16), (1, ir::types::I8)];

/// Copies `len` bytes if that is at most 16: the first ones and the last ones, which overlap where there are fewer than
/// both. All are loaded before one is stored, so `src` and `dst` may overlap as well.
///
/// The builder goes on where there are more bytes. The result is the block to jump to when those are copied. Both ranges
/// have been checked. The regions are those of `src` and of `dst`.
pub fn copy(
    builder: &mut FunctionBuilder<'_>,
    dst: ir::Value,
    src: ir::Value,
    len: ir::Value,
    [src_region, dst_region]: [ir::AliasRegion; 2],
) -> ir::Block {
    let flags = ir::MemFlagsData::trusted().with_endianness(Endianness::Little);
    let load = flags.with_alias_region(Some(src_region));
    let store = flags.with_alias_region(Some(dst_region));
    let len_type = builder.func.dfg.value_type(len);
    let copied = builder.create_block();

    let more = branch(builder, IntCC::UnsignedLessThanOrEqual, len, 2 * WIDTHS[0].0);
    for (width, ty) in WIDTHS {
        let fewer = branch(builder, IntCC::UnsignedGreaterThanOrEqual, len, width);
        let width = builder.ins().iconst(len_type, width);
        let end = builder.ins().isub(len, width);
        let [last_src, last_dst] = [src, dst].map(|start| builder.ins().iadd(start, end));
        let [first, last] = [src, last_src].map(|from| builder.ins().load(ty, load, from, 0));
        builder.ins().store(store, first, dst, 0);
        builder.ins().store(store, last, last_dst, 0);
        builder.ins().jump(copied, &[]);
        builder.switch_to_block(fewer);
    }
    builder.ins().jump(copied, &[]);
    builder.switch_to_block(more);
    copied
}

/// Goes on where `len` compares so with `bytes`, and returns the block of where it does not.
fn branch(builder: &mut FunctionBuilder<'_>, condition: IntCC, len: ir::Value, bytes: i64) -> ir::Block {
    let [here, elsewhere] = [(); 2].map(|()| builder.create_block());
    let holds = builder.ins().icmp_imm(condition, len, bytes);
    builder.ins().brif(holds, here, &[], elsewhere, &[]);
    builder.seal_block(here);
    builder.seal_block(elsewhere);
    builder.switch_to_block(here);
    elsewhere
}
