//! What messages taught the miner and other processes do not know yet, in order: each is settled or taken back.

/// Something that was learnt.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lesson {
    /// A group was begun.
    Begun {
        /// The group.
        group: usize,
        /// The last opening up to then.
        ordinal: u32,
    },
    /// A place of a group was opened.
    Opened {
        /// The group.
        group: usize,
        /// The place.
        place: usize,
        /// The how manieth opening it is.
        ordinal: u32,
    },
}

/// What is not settled, and up to where all else is.
#[derive(Debug, Clone, Default)]
pub(super) struct Lessons {
    untold: Vec<Lesson>,
    /// Groups before this one are settled.
    groups: usize,
    /// Openings up to this one are settled.
    ordinal: u32,
    turn: u64,
}

impl Lesson {
    /// The group that was begun or opened.
    pub(super) fn group(&self) -> usize {
        match self {
            Self::Begun { group, .. } | Self::Opened { group, .. } => *group,
        }
    }

    /// The last opening after it.
    pub(super) fn ordinal(&self) -> u32 {
        match self {
            Self::Begun { ordinal, .. } | Self::Opened { ordinal, .. } => *ordinal,
        }
    }
}

impl Lessons {
    pub(super) fn push(&mut self, lesson: Lesson) {
        self.untold.push(lesson);
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Lesson> {
        self.untold.iter()
    }

    /// Takes all of them back.
    pub(super) fn take(&mut self) -> Vec<Lesson> {
        self.turn += u64::from(!self.untold.is_empty());
        std::mem::take(&mut self.untold)
    }

    /// The first so many are settled.
    pub(super) fn settle(&mut self, n: usize) {
        for lesson in self.untold.drain(..n.min(self.untold.len())) {
            if let Lesson::Begun { group, .. } = lesson {
                self.groups = group + 1;
            }
            self.ordinal = self.ordinal.max(lesson.ordinal());
        }
    }

    /// Nothing is untold, and so many groups are there, and openings up to this one.
    pub(super) fn settle_all(&mut self, groups: usize, ordinal: u32) {
        self.untold.clear();
        (self.groups, self.ordinal) = (groups, ordinal);
    }

    /// Number of the groups, and last of the openings, that are settled.
    pub(super) fn settled(&self) -> (usize, u32) {
        (self.groups, self.ordinal)
    }

    /// Grows whenever something is taken back.
    pub(super) fn turn(&self) -> u64 {
        self.turn
    }
}
