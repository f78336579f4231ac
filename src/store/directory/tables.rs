//! The tables of `directory.redb`.

use redb::{ReadOnlyTable, ReadTransaction, Table, TableDefinition, WriteTransaction};

use super::picture::{self, Marks};
use super::timeline::TimeKey;
use crate::domain::history;
use crate::domain::id::Kind;
use crate::domain::resource::Resource;
use crate::store::error::Fault;

/// The layout below. A file with a larger number is refused; with one below [`OLDEST`] it is
/// [moved aside](super::Directory::open).
pub(super) const SCHEMA: u32 = 5;
/// The same without [pictures](super::picture), with such as are not used any more (3), or without that of who is shown (4). A file has
/// this until its first one is taken: whoever does not know of a picture would change what it shows without a mark.
pub(super) const OLDEST: u32 = 2;

type Bytes = &'static [u8];

pub(super) const META: TableDefinition<'_, &str, Bytes> = TableDefinition::new("meta");
/// Ordinal → record.
const USERS: TableDefinition<'_, u32, Bytes> = TableDefinition::new("users");
const GROUPS: TableDefinition<'_, u32, Bytes> = TableDefinition::new("groups");
const APPS: TableDefinition<'_, u32, Bytes> = TableDefinition::new("apps");
/// Ordinal → Okta's JSON, compressed.
const USERS_RAW: TableDefinition<'_, u32, Bytes> = TableDefinition::new("users_raw");
const GROUPS_RAW: TableDefinition<'_, u32, Bytes> = TableDefinition::new("groups_raw");
const APPS_RAW: TableDefinition<'_, u32, Bytes> = TableDefinition::new("apps_raw");
/// Pair of ordinals → link.
const MEMBERS: TableDefinition<'_, u64, Bytes> = TableDefinition::new("members");
const APP_USERS: TableDefinition<'_, u64, Bytes> = TableDefinition::new("app_users");
const APP_GROUPS: TableDefinition<'_, u64, Bytes> = TableDefinition::new("app_groups");
/// Pair of ordinals → JSON of the assignment, compressed.
const APP_USERS_RAW: TableDefinition<'_, u64, Bytes> = TableDefinition::new("app_users_raw");
/// Number → list of entries.
const ENTRY_LISTS: TableDefinition<'_, u32, Bytes> = TableDefinition::new("entry_lists");
/// Ordinal → entry.
const ENTRIES: TableDefinition<'_, u32, Bytes> = TableDefinition::new("entries");
/// Ordinal → JSON of the entry, compressed.
const ENTRIES_RAW: TableDefinition<'_, u32, Bytes> = TableDefinition::new("entries_raw");
/// (kind, ordinal, number) → the field changes of one observation; the kind is that of the object, or [`ENTRY_BYTE`].
const CHANGES: TableDefinition<'_, (u8, u32, u32), Bytes> = TableDefinition::new("changes");

/// (kind, ordinal) → when Okta had the object.
const LIVES: TableDefinition<'_, (u8, u32), Bytes> = TableDefinition::new("lives");
/// (pair of ordinals, number) → how an assignment was described until some moment.
const APP_USERS_PAST: TableDefinition<'_, (u64, u32), Bytes> =
    TableDefinition::new("app_users_past");
/// What happened when.
const TIMELINE: TableDefinition<'_, TimeKey, ()> = TableDefinition::new("timeline");

/// A relation between objects of two kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Relation {
    /// Group on the left, user on the right.
    Members,
    /// App on the left, user on the right.
    AppUsers,
    /// App on the left, group on the right.
    AppGroups,
}

impl Relation {
    pub(super) const ALL: [Self; 3] = [Self::Members, Self::AppUsers, Self::AppGroups];

    /// The one that people call so.
    pub(super) fn of(relation: history::Relation) -> Self {
        match relation {
            history::Relation::Membership => Self::Members,
            history::Relation::UserAssignment => Self::AppUsers,
            history::Relation::GroupAssignment => Self::AppGroups,
        }
    }

    /// The kinds on the left and on the right.
    pub(super) fn kinds(self) -> (Kind, Kind) {
        match self {
            Self::Members => (Kind::Group, Kind::User),
            Self::AppUsers => (Kind::App, Kind::User),
            Self::AppGroups => (Kind::App, Kind::Group),
        }
    }

    /// The resource that it is read with.
    pub(super) fn resource(self) -> Resource {
        match self {
            Self::Members => Resource::Memberships,
            Self::AppUsers => Resource::AppUsers,
            Self::AppGroups => Resource::AppGroups,
        }
    }

    fn definition(self) -> TableDefinition<'static, u64, Bytes> {
        match self {
            Self::Members => MEMBERS,
            Self::AppUsers => APP_USERS,
            Self::AppGroups => APP_GROUPS,
        }
    }
}

/// The key of a link. All of one left side lie together.
pub(super) fn pair(left: u32, right: u32) -> u64 {
    u64::from(left) << u32::BITS | u64::from(right)
}

/// The right side of a link's key.
pub(super) fn right_of(key: u64) -> u32 {
    let [.., a, b, c, d] = key.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// The left side of a link's key.
pub(super) fn left_of(key: u64) -> u32 {
    right_of(key >> u32::BITS)
}

pub(super) fn kind_byte(kind: Kind) -> u8 {
    match kind {
        Kind::User => 0,
        Kind::Group => 1,
        Kind::App => 2,
    }
}

/// Stands where objects have their [kind's byte](kind_byte).
pub(super) const ENTRY_BYTE: u8 = 3;

/// The names of small values in the `meta` table.
pub(super) mod key {
    use super::{Kind, Resource};

    pub(in super::super) const ORG: &str = "org";

    pub(in super::super) fn run(resource: Resource) -> String {
        format!("run/{resource}")
    }

    pub(in super::super) fn complete(resource: Resource) -> String {
        format!("complete/{resource}")
    }

    /// When what the resource's first reading found was all there.
    pub(in super::super) fn known(resource: Resource) -> String {
        format!("known/{resource}")
    }

    pub(in super::super) fn finished(kind: Kind) -> String {
        format!("finished/{}", kind.word())
    }

    pub(in super::super) fn mark(name: &str) -> String {
        format!("mark/{name}")
    }
}

/// All tables, open for writing.
pub(super) struct Tables<'t> {
    pub(super) meta: Table<'t, &'static str, Bytes>,
    objects: [Table<'t, u32, Bytes>; 3],
    raws: [Table<'t, u32, Bytes>; 3],
    links: [Table<'t, u64, Bytes>; 3],
    pub(super) assignments: Table<'t, u64, Bytes>,
    pub(super) entry_lists: Table<'t, u32, Bytes>,
    pub(super) entries: Table<'t, u32, Bytes>,
    pub(super) entry_raws: Table<'t, u32, Bytes>,
    pub(super) changes: Table<'t, (u8, u32, u32), Bytes>,
    pub(super) lives: Table<'t, (u8, u32), Bytes>,
    pub(super) assignments_past: Table<'t, (u64, u32), Bytes>,
    pub(super) timeline: Table<'t, TimeKey, ()>,
    pub(super) marks: Marks<'t>,
}

impl<'t> Tables<'t> {
    /// Opens all tables, making those that are missing.
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, Fault> {
        let objects = |definition| transaction.open_table::<u32, Bytes>(definition);
        let links = |relation: Relation| transaction.open_table(relation.definition());
        Ok(Self {
            meta: transaction.open_table(META)?,
            objects: [objects(USERS)?, objects(GROUPS)?, objects(APPS)?],
            raws: [
                objects(USERS_RAW)?,
                objects(GROUPS_RAW)?,
                objects(APPS_RAW)?,
            ],
            links: [
                links(Relation::Members)?,
                links(Relation::AppUsers)?,
                links(Relation::AppGroups)?,
            ],
            assignments: transaction.open_table(APP_USERS_RAW)?,
            entry_lists: objects(ENTRY_LISTS)?,
            entries: objects(ENTRIES)?,
            entry_raws: objects(ENTRIES_RAW)?,
            changes: transaction.open_table(CHANGES)?,
            lives: transaction.open_table(LIVES)?,
            assignments_past: transaction.open_table(APP_USERS_PAST)?,
            timeline: transaction.open_table(TIMELINE)?,
            marks: picture::open_marks(transaction)?,
        })
    }

    pub(super) fn objects(&mut self, kind: Kind) -> &mut Table<'t, u32, Bytes> {
        &mut self.objects[usize::from(kind_byte(kind))]
    }

    pub(super) fn raws(&mut self, kind: Kind) -> &mut Table<'t, u32, Bytes> {
        &mut self.raws[usize::from(kind_byte(kind))]
    }

    pub(super) fn links(&mut self, relation: Relation) -> &mut Table<'t, u64, Bytes> {
        &mut self.links[relation as usize]
    }
}

pub(super) fn read_objects(
    transaction: &ReadTransaction,
    kind: Kind,
) -> Result<ReadOnlyTable<u32, Bytes>, Fault> {
    Ok(transaction.open_table(match kind {
        Kind::User => USERS,
        Kind::Group => GROUPS,
        Kind::App => APPS,
    })?)
}

pub(super) fn read_raws(
    transaction: &ReadTransaction,
    kind: Kind,
) -> Result<ReadOnlyTable<u32, Bytes>, Fault> {
    Ok(transaction.open_table(match kind {
        Kind::User => USERS_RAW,
        Kind::Group => GROUPS_RAW,
        Kind::App => APPS_RAW,
    })?)
}

pub(super) fn read_links(
    transaction: &ReadTransaction,
    relation: Relation,
) -> Result<ReadOnlyTable<u64, Bytes>, Fault> {
    Ok(transaction.open_table(relation.definition())?)
}

pub(super) fn read_changes(
    transaction: &ReadTransaction,
) -> Result<ReadOnlyTable<(u8, u32, u32), Bytes>, Fault> {
    Ok(transaction.open_table(CHANGES)?)
}

pub(super) fn read_entry_lists(
    transaction: &ReadTransaction,
) -> Result<ReadOnlyTable<u32, Bytes>, Fault> {
    Ok(transaction.open_table(ENTRY_LISTS)?)
}

pub(super) fn read_entries(
    transaction: &ReadTransaction,
) -> Result<ReadOnlyTable<u32, Bytes>, Fault> {
    Ok(transaction.open_table(ENTRIES)?)
}

pub(super) fn read_entry_raws(
    transaction: &ReadTransaction,
) -> Result<ReadOnlyTable<u32, Bytes>, Fault> {
    Ok(transaction.open_table(ENTRIES_RAW)?)
}

pub(super) fn read_lives(
    transaction: &ReadTransaction,
) -> Result<ReadOnlyTable<(u8, u32), Bytes>, Fault> {
    Ok(transaction.open_table(LIVES)?)
}

pub(super) fn read_assignments_past(
    transaction: &ReadTransaction,
) -> Result<ReadOnlyTable<(u64, u32), Bytes>, Fault> {
    Ok(transaction.open_table(APP_USERS_PAST)?)
}

pub(super) fn read_timeline(
    transaction: &ReadTransaction,
) -> Result<ReadOnlyTable<TimeKey, ()>, Fault> {
    Ok(transaction.open_table(TIMELINE)?)
}
