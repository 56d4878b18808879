//! Activity: what people did with a group of unknown errors, and what they said of it. Append only.

use bson::DateTime;
use serde::{Deserialize, Serialize};

use super::{ActivityId, BulkId, GroupId, KnownErrorId, Standing, Until};

/// One thing done or said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Derived from content: the same said twice by a form that was sent twice is said once.
    #[serde(rename = "_id")]
    pub id: ActivityId,
    /// The group.
    pub group: GroupId,
    /// When.
    pub at: DateTime,
    /// Who; blank where the program did it by itself.
    pub by: String,
    /// What.
    pub deed: Deed,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Something was said.
    Comment(String),
    /// Somebody, or nobody, is to deal with it.
    Assigned(Option<String>),
    /// It was set aside.
    Ignored(Until),
    /// It was taken up again, by a person or because this had come.
    Reopened(Option<Until>),
    /// It became a known error.
    Explained(KnownErrorId),
    /// Its messages belong to another group.
    MergedInto(GroupId),
    /// It has the messages of another group.
    Absorbed(GroupId),
    /// Messages of the other group are its own, again or from now on.
    Unmerged(GroupId),
    /// A value became a group of its own.
    Split {
        /// That group.
        part: GroupId,
        /// The value.
        value: String,
    },
}

impl Activity {
    /// Something that a person did.
    pub fn new(group: GroupId, at: DateTime, by: &str, deed: Deed) -> Self {
        let said = format!("{deed:?}");
        let id = ActivityId::from_content(&[&group.bytes(), &at.timestamp_millis().to_le_bytes(), by.as_bytes(), said.as_bytes()]);
        Self { id, group, at, by: by.to_owned(), deed }
    }

    /// What follows from `since` by itself: whoever finds it, and however often, it is noted once.
    pub fn of_itself(group: GroupId, at: DateTime, since: DateTime, deed: Deed) -> Self {
        Self { id: Self::new(group, since, "", deed.clone()).id, ..Self::new(group, at, "", deed) }
    }
}

/// One change of many groups, kept so that it can be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bulk {
    /// Derived from content.
    #[serde(rename = "_id")]
    pub id: BulkId,
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime,
    /// The groups that were changed.
    pub changes: Vec<GroupChange>,
    /// It was taken back.
    pub undone: bool,
}

/// How one group was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupChange {
    /// The group.
    pub group: GroupId,
    /// Where it stood.
    pub was: Standing,
    /// Where it stands since.
    pub is: Standing,
}
