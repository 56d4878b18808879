//! Memory that an input takes at once is bounded: more than this ends the program.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    process::abort,
    sync::atomic::{AtomicIsize, Ordering::Relaxed},
};

/// Bytes that an input may take at once. It is no longer than a few ten thousand itself.
const MOST: isize = 64 << 20;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes in use, and the most that were in use since the input began.
static USED: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

struct Counting;

fn count(change: isize) {
    let used = USED.fetch_add(change, Relaxed) + change;
    PEAK.fetch_max(used, Relaxed);
}

// SAFETY: all is done by the system's; the sizes are only counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size.cast_signed() - layout.size().cast_signed());
        unsafe { System.realloc(memory, layout, size) }
    }
}

/// Does it, and looks what memory it took.
pub fn bounded(check: impl FnOnce()) {
    let before = USED.load(Relaxed);
    PEAK.store(before, Relaxed);
    check();
    let taken = PEAK.load(Relaxed) - before;
    if taken > MOST {
        eprintln!("the input took {taken} bytes at once");
        abort();
    }
}
