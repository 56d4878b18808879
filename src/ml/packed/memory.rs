//! The memory of all packed matrices of a model, in one piece: the system is asked for large pages, since of small ones a processor loses
//! half of its time finding the next.

use std::{
    ops::Range,
    sync::{Arc, OnceLock},
};

use memmap2::MmapMut;

use super::Line;

/// Memory that is being filled.
pub(in super::super) struct Arena {
    n_bytes: usize,
    used: usize,
    memory: Option<MmapMut>,
    filled: Arc<OnceLock<MmapMut>>,
}

/// A part of it, which can be read when all is filled.
pub(super) struct Lines {
    memory: Arc<OnceLock<MmapMut>>,
    range: Range<usize>,
}

impl Arena {
    /// For so many bytes at most. What is not used costs nothing.
    pub(in super::super) fn new(n_bytes: usize) -> Self {
        Self { n_bytes, used: 0, memory: None, filled: Arc::default() }
    }

    /// The next lines, to be filled now. Nothing where there is no room, or the system gives none.
    pub(super) fn take(&mut self, n_lines: usize) -> Option<(&mut [Line], Lines)> {
        let memory = match &mut self.memory {
            Some(memory) => memory,
            none => none.insert(mapped(self.n_bytes)?),
        };
        let range = self.used..self.used.checked_add(n_lines.checked_mul(size_of::<Line>())?)?;
        let lines = memory.get_mut(range.clone())?.as_chunks_mut().0;
        self.used = range.end;
        Some((lines, Lines { memory: self.filled.clone(), range }))
    }

    /// All is filled.
    pub(in super::super) fn finish(self) {
        if let Some(memory) = self.memory {
            // Nobody else sets it, so it is not set yet.
            let _ = self.filled.set(memory);
        }
    }
}

impl Lines {
    /// How many bytes they are.
    pub(super) fn bytes(&self) -> usize {
        self.range.len()
    }

    /// The lines; none before all is filled.
    pub(super) fn get(&self) -> &[Line] {
        self.memory.get().and_then(|memory| memory.get(self.range.clone())).map_or(&[], |bytes| bytes.as_chunks().0)
    }
}

fn mapped(n_bytes: usize) -> Option<MmapMut> {
    let memory = MmapMut::map_anon(n_bytes).ok()?;
    // Without large pages it is slower, but the same.
    #[cfg(target_os = "linux")]
    let _ = memory.advise(memmap2::Advice::HugePage);
    Some(memory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_they_were_filled_and_no_more_are_given_than_there_are() {
        let mut arena = Arena::new(3 * size_of::<Line>());
        let (one, first) = arena.take(1).unwrap();
        one.fill([1; 64]);
        let (two, second) = arena.take(2).unwrap();
        two.fill([2; 64]);
        assert!(arena.take(1).is_none() && arena.take(usize::MAX).is_none());
        assert!(first.get().is_empty());
        arena.finish();
        assert_eq!((first.get(), second.get()), (&[[1; 64]][..], &[[2; 64]; 2][..]));
    }
}
