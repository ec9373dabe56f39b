//! Reading a module takes memory in proportion to its size, whatever it says.

use std::alloc::{GlobalAlloc, Layout, System};
use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use stubgen::module::ModuleInfo;
use wasm_encoder::{
    EntityType, ExportKind, ExportSection, FunctionSection, ImportSection, Imports, Module, Section, TypeSection,
    ValType,
};

/// The system's allocator, which counts the bytes that are in use.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: both calls are passed on to the system's allocator as they are.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        MOST.fetch_max(IN_USE.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        // SAFETY: the caller keeps what this method and that one ask for alike.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as above, and `start` is from `System.alloc`.
        unsafe { System.dealloc(start, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many bytes of memory a byte of a module may need. Growing lists are copied, and exports have few bytes in a file.
const LIMIT: usize = 32;

/// Reads a module and compares the memory that this needs with the module's size. Whether it is a good one does not matter.
#[track_caller]
fn check(what: &str, bytes: &[u8]) {
    let before = IN_USE.load(Relaxed);
    MOST.store(before, Relaxed);
    let result = ModuleInfo::parse(bytes);
    let most = MOST.load(Relaxed) - before;
    assert!(most <= LIMIT * bytes.len(), "{what}: {most} bytes for a module of {}", bytes.len());
    drop(result);
}

fn module(sections: &[&dyn Section]) -> Vec<u8> {
    let mut module = Module::new().finish();
    sections.iter().for_each(|section| section.append_to(&mut module));
    module
}

/// What one number or one name refers to must not be copied for each of those who refer to it. One test, since other threads
/// would be counted too.
#[test]
fn memory_is_in_proportion_to_the_module() {
    let mut long = TypeSection::new();
    long.ty().function([ValType::I32; 1000], [ValType::I32; 1000]);

    let mut functions = FunctionSection::new();
    (0..50_000).for_each(|_| _ = functions.function(0));
    check("functions of one type", &module(&[&long, &functions]));

    let (mut function, mut exports) = (FunctionSection::new(), ExportSection::new());
    function.function(0);
    (0..10_000).for_each(|index| _ = exports.export(&index.to_string(), ExportKind::Func, 0));
    check("exports of one function", &module(&[&long, &function, &exports]));

    let mut imports = ImportSection::new();
    (0..5000).for_each(|_| _ = imports.import("wasi_snapshot_preview1", "fd_read", EntityType::Function(0)));
    check("imports of one type", &module(&[&long, &imports]));

    let (mut group, name) = (ImportSection::new(), "m".repeat(10_000));
    group.imports(Imports::Compact2 {
        module: &name,
        ty: EntityType::Function(0),
        names: Cow::Owned(vec!["f"; 10_000]),
    });
    check("imports from one module", &module(&[&long, &group]));

    let mut types = TypeSection::new();
    (0..50_000).for_each(|_| types.ty().function([], []));
    check("types", &module(&[&types]));
}
