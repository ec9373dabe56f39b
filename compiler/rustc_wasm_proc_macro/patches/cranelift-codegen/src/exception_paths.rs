//! Keeps exception handlers from taking registers away from the code that does not throw.
//!
//! An exception resumes a handler with nothing restored but the stack, so a `try_call` clobbers every register, and
//! whatever lives across it is in a stack slot, on its ordinary way too. But only handlers lose the registers: where
//! they find all that they need in memory, the call clobbers what any call does. This pass stores each value that a
//! handler needs once, as late as its `try_call`s allow, and loads it in the handler.
//!
//! It leaves functions alone in which a handler may return: having lost the caller's registers, too, they must save
//! all of them at their entry, which the clobbers of their `try_call`s make them do. And it leaves those alone whose
//! handlers lead to blocks that are reached without an exception, too.
//!
//! **Invariant**: so every way to a load begins with an exception, out of a block that the store dominates.

use crate::FxHashMap;
use crate::cursor::{Cursor, FuncCursor};
use crate::dominator_tree::DominatorTree;
use crate::flowgraph::ControlFlowGraph;
use crate::ir::{
    Block, BlockArg, BlockCall, ExceptionTable, Function, Inst, InstBuilder, InstructionData, Opcode, StackSlot,
    StackSlotData, StackSlotKind, Type, Value, ValueDef,
};
use crate::loop_analysis::LoopAnalysis;
use crate::opts::MemFlagsData;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use cranelift_entity::EntitySet;

/// Marks blocks that only exceptions reach as cold, and where it can leaves handlers without a value that is defined
/// elsewhere, which `func.handlers_need_no_registers` then says.
///
/// Returns whether there was anything to do; then `cfg` is up to date again.
pub(crate) fn do_exception_paths(
    func: &mut Function,
    cfg: &mut ControlFlowGraph,
    domtree: &DominatorTree,
    loops: &mut LoopAnalysis,
    pointer_type: Type,
) -> bool {
    func.handlers_need_no_registers = false;
    let blocks: Vec<Block> = func.layout.blocks().collect();
    let try_calls: Vec<(Block, ExceptionTable)> =
        blocks.iter().filter_map(|&block| Some((block, exception_table(func, block)?))).collect();
    let (Some(entry), false) = (func.layout.entry_block(), try_calls.is_empty()) else {
        return false;
    };

    let ordinary = reachable([entry], |block, reached| match exception_table(func, block) {
        Some(table) => reached.push(func.dfg.exception_tables[table].normal_return().block(&func.dfg.value_lists)),
        None => reached.extend(cfg.succ_iter(block)),
    });
    let handlers = try_calls.iter().flat_map(|&(_, table)| {
        let (_, handlers) = func.dfg.exception_tables[table].all_branches().split_last().unwrap();
        handlers.iter().map(|call| call.block(&func.dfg.value_lists))
    });
    let exceptional = reachable(handlers, |block, reached| reached.extend(cfg.succ_iter(block)));
    for &block in &blocks {
        if !ordinary.contains(block) {
            func.layout.set_cold(block);
        }
    }

    // A block that ordinary code gets to as well would load what was never stored on that way.
    let is_unfit = |&block: &Block| {
        let is_return = || func.dfg.insts[func.layout.last_inst(block).unwrap()].opcode().is_return();
        exceptional.contains(block) && (ordinary.contains(block) || is_return())
    };
    let has_context = |&(_, table): &(Block, ExceptionTable)| {
        func.dfg.exception_tables[table].contexts().next().is_some()
    };
    if try_calls.iter().any(has_context) || blocks.iter().any(is_unfit) {
        return true;
    }

    loops.compute(func, cfg, domtree);
    let mut pass = Pass {
        func,
        pointer_type,
        handlers: EntitySet::new(),
        spilled: BTreeMap::new(),
    };
    let mut users: Vec<Block> = blocks.into_iter().filter(|&block| exceptional.contains(block)).collect();
    for (block, table) in try_calls {
        pass.split_edges(block, table, &mut users);
    }
    cfg.compute(pass.func);
    for block in users {
        pass.reload_in(block, cfg);
    }
    pass.store(&exceptional, domtree, loops);
    func.handlers_need_no_registers = true;
    true
}

fn exception_table(func: &Function, block: Block) -> Option<ExceptionTable> {
    match func.dfg.insts[func.layout.last_inst(block)?] {
        InstructionData::TryCall { exception, .. } | InstructionData::TryCallIndirect { exception, .. } => {
            Some(exception)
        }
        _ => None,
    }
}

/// The blocks that can be reached from `starts`, with those.
fn reachable(
    starts: impl IntoIterator<Item = Block>,
    mut successors: impl FnMut(Block, &mut Vec<Block>),
) -> EntitySet<Block> {
    let mut found = EntitySet::new();
    let mut work: Vec<Block> = starts.into_iter().collect();
    while let Some(block) = work.pop() {
        if found.insert(block) {
            successors(block, &mut work);
        }
    }
    found
}

struct Pass<'a> {
    func: &'a mut Function,
    pointer_type: Type,
    /// The blocks that exceptions enter.
    handlers: EntitySet<Block>,
    /// What is loaded somewhere, in an order that does not change from run to run.
    spilled: BTreeMap<Value, Spilled>,
}

/// A value in memory.
struct Spilled {
    slot: StackSlot,
    /// The blocks whose `try_call` may enter a handler that the value lives into.
    thrown_from: Vec<Block>,
}

impl Pass<'_> {
    /// Gives every exceptional edge out of `block` that hands on values a block of its own, which can load them.
    fn split_edges(&mut self, block: Block, table: ExceptionTable, users: &mut Vec<Block>) {
        let edges = self.func.dfg.exception_tables[table].all_branches().len() - 1;
        for edge in 0..edges {
            let call = self.func.dfg.exception_tables[table].all_branches()[edge];
            let target = call.block(&self.func.dfg.value_lists);
            let args: Vec<BlockArg> = call.args(&self.func.dfg.value_lists).collect();
            if args.iter().all(|arg| arg.as_value().is_none()) {
                self.handlers.insert(target);
                continue;
            }
            let split = self.func.dfg.make_block();
            self.func.layout.insert_block_after(split, block);
            self.func.layout.set_cold(split);
            let mut payload = Vec::new();
            let mut passed = Vec::new();
            for (arg, ty) in args.into_iter().zip(self.func.dfg.block_param_types(target).collect::<Vec<_>>()) {
                match arg {
                    BlockArg::Value(_) => passed.push(arg),
                    BlockArg::TryCallRet(_) | BlockArg::TryCallExn(_) => {
                        payload.push(arg);
                        passed.push(BlockArg::Value(self.func.dfg.append_block_param(split, ty)));
                    }
                }
            }
            let to_split = BlockCall::new(split, payload, &mut self.func.dfg.value_lists);
            self.func.dfg.exception_tables[table].all_branches_mut()[edge] = to_split;
            let mut pos = FuncCursor::new(self.func);
            pos.goto_bottom(split);
            pos.ins().jump(target, &passed);
            self.handlers.insert(split);
            users.push(split);
        }
    }

    /// Lets `block` load what it uses of that which is live where an exception enters on its way to `block`.
    fn reload_in(&mut self, block: Block, cfg: &ControlFlowGraph) {
        let insts: Vec<Inst> = self.func.layout.block_insts(block).collect();
        let mut loaded: FxHashMap<Value, Value> = FxHashMap::default();
        for inst in insts {
            let used: Vec<Value> = self.func.dfg.inst_values(inst).collect();
            for value in used {
                if loaded.contains_key(&value) {
                    continue;
                }
                let thrown_from = self.thrown_from(value, block, cfg);
                let now = if thrown_from.is_empty() { value } else { self.reload(value, block, thrown_from) };
                loaded.insert(value, now);
            }
            self.func.dfg.map_inst_values(inst, |value| loaded[&value]);
        }
    }

    fn definition(&self, value: Value) -> Block {
        match self.func.dfg.value_def(value) {
            ValueDef::Result(inst, _) => self.func.layout.inst_block(inst).unwrap(),
            ValueDef::Param(block, _) => block,
            ValueDef::Union(..) => unreachable!("unions are gone when code is lowered"),
        }
    }

    /// The blocks from which an exception can come between the definition of `value` and its use in `block`.
    fn thrown_from(&self, value: Value, block: Block, cfg: &ControlFlowGraph) -> Vec<Block> {
        let definition = self.definition(value);
        let mut found = Vec::new();
        let mut seen = EntitySet::new();
        let mut work = alloc::vec![block];
        while let Some(block) = work.pop() {
            if block == definition || !seen.insert(block) {
                continue;
            }
            for pred in cfg.pred_iter(block) {
                if self.handlers.contains(block) {
                    found.push(pred.block);
                }
                work.push(pred.block);
            }
        }
        found
    }

    /// What `value` is in `block`, by an instruction there.
    fn reload(&mut self, value: Value, block: Block, thrown_from: Vec<Block>) -> Value {
        if let ValueDef::Result(inst, _) = self.func.dfg.value_def(value)
            && let Opcode::Iconst | Opcode::F32const | Opcode::F64const = self.func.dfg.insts[inst].opcode()
        {
            let copy = self.func.dfg.clone_inst(inst);
            FuncCursor::new(self.func).at_first_insertion_point(block).insert_inst(copy);
            return self.func.dfg.first_result(copy);
        }
        let ty = self.func.dfg.value_type(value);
        let spilled = self.spilled.entry(value).or_insert_with(|| {
            let align_shift = ty.bytes().trailing_zeros() as u8;
            let data = StackSlotData::new(StackSlotKind::ExplicitSlot, ty.bytes(), align_shift);
            Spilled { slot: self.func.create_sized_stack_slot(data), thrown_from: Vec::new() }
        });
        spilled.thrown_from.extend(thrown_from);
        let slot = spilled.slot;
        let mut pos = FuncCursor::new(self.func).at_first_insertion_point(block);
        let address = pos.ins().stack_addr(self.pointer_type, slot, 0);
        pos.ins().load(ty, MemFlagsData::trusted(), address, 0)
    }

    /// Stores each value that is loaded somewhere: once, as late as all `try_call`s allow and no loop repeats it.
    fn store(&mut self, exceptional: &EntitySet<Block>, domtree: &DominatorTree, loops: &LoopAnalysis) {
        for (value, Spilled { slot, thrown_from }) in core::mem::take(&mut self.spilled) {
            let definition = self.definition(value);
            let mut thrown_from = thrown_from.into_iter().filter(|&block| domtree.is_reachable(block));
            let mut at = thrown_from.next().unwrap_or(definition);
            for block in thrown_from {
                while !domtree.block_dominates(at, block) {
                    at = domtree.idom(at).unwrap();
                }
            }
            while loops.loop_level(at) > loops.loop_level(definition) {
                at = domtree.idom(at).unwrap();
            }
            // There the value itself could live into a handler.
            if exceptional.contains(at) {
                at = definition;
            }
            let mut pos = FuncCursor::new(self.func).at_last_inst(at);
            let address = pos.ins().stack_addr(self.pointer_type, slot, 0);
            pos.ins().store(MemFlagsData::trusted(), value, address, 0);
        }
    }
}
