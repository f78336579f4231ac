//! The one who writes the directory: commits what it is asked to, tells the model and everybody who waits, and takes pictures.
//!
//! What it knows of the file is read again after a write that failed, and pictures that turn out to be damaged are done without.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redb::ReadTransaction;
use serde::de::DeserializeOwned;
use tokio::sync::{oneshot, watch};

use super::commit::{Commit, Outcome, Touched};
use super::model::{Loading, Model};
use super::op::{Applied, DirectoryOp};
use super::picture::{self, Album};
use super::shared::Shared;
use super::squeeze::Squeezers;
use super::tables::{META, OLDEST, SCHEMA, Tables, key};
use crate::domain::id::Kind;
use crate::domain::org::Org;
use crate::domain::query::Revisions;
use crate::store::codec;
use crate::store::error::{Error, Fault};
use crate::store::file::{RedbFile, guarded, put_schema};

/// Format of the values in `meta`.
const META_VERSION: u8 = 1;
/// What nobody looks at for so long, and twice as long at most, is let go.
const IDLE: Duration = Duration::from_mins(3);

/// What the writer is asked to do.
pub(super) enum Job {
    Apply(Vec<DirectoryOp>, oneshot::Sender<Result<Applied, Error>>),
    /// Writes the org's description.
    Bind(Org, oneshot::Sender<Result<(), Error>>),
}

/// What is needed to write, had by one at a time.
pub(super) struct Scribe {
    file: Arc<RedbFile>,
    model: Arc<Shared>,
    revisions: Arc<watch::Sender<Revisions>>,
    squeezers: Squeezers,
    album: Album,
    /// Whether the file may hold what the model does not.
    in_doubt: bool,
    /// Whether an older program would still open the file, and use pictures in it that are not marked any more.
    is_open_to_older: bool,
    /// When the model last let go of what nobody looks at.
    tidied: Instant,
}

impl Scribe {
    /// Opens the file and builds the model; `undrawn` is how many records an opening may have to read before pictures are taken.
    pub(super) fn open(
        file: &Arc<RedbFile>,
        undrawn: usize,
        revisions: Arc<watch::Sender<Revisions>>,
    ) -> Result<Self, Error> {
        prepare(file)?;
        let (model, album) = load(file, undrawn, Loading::Light)?;
        let squeezers = Squeezers::new().map_err(|fault| fault.at("prepare", file.path()))?;
        Ok(Self {
            file: Arc::clone(file),
            model: Arc::new(Shared::new(model)),
            revisions,
            squeezers,
            album,
            in_doubt: false,
            is_open_to_older: is_open_to_older(file)?,
            tidied: Instant::now(),
        })
    }

    /// The model that it keeps.
    pub(super) fn model(&self) -> Arc<Shared> {
        Arc::clone(&self.model)
    }

    /// One commit for all jobs that were waiting: durable first, then visible, then answered.
    pub(super) fn work(&mut self, jobs: Vec<Job>) {
        let mut batches = Vec::new();
        let mut replies = Vec::new();
        for job in jobs {
            match job {
                Job::Apply(ops, reply) => {
                    batches.push(ops);
                    replies.push(reply);
                }
                // Whoever asked may have gone; what they asked for is done all the same.
                Job::Bind(org, reply) => drop(reply.send(write_org(&self.file, &org))),
            }
        }
        if batches.is_empty() {
            return;
        }
        match self.commit(&batches) {
            Ok(outcome) => {
                self.model.change().apply(outcome.changes);
                self.announce(outcome.touched);
                for (reply, applied) in replies.into_iter().zip(outcome.applied) {
                    drop(reply.send(Ok(applied)));
                }
                self.take_pictures();
                self.tidy();
            }
            Err(error) => {
                for reply in replies {
                    drop(reply.send(Err(error.clone())));
                }
            }
        }
    }

    /// Writes what is asked for. When a picture turns out to be damaged on the way, it is done without.
    fn commit(&mut self, batches: &[Vec<DirectoryOp>]) -> Result<Outcome, Error> {
        self.end_doubt()?;
        if let Err(error) = self.model.make_whole(&self.file) {
            if !error.is_damage() {
                return Err(error);
            }
            self.do_without_pictures()?;
        }
        self.file.admit()?;
        let mut is_in_picture = false;
        let written = self.write(batches, &mut is_in_picture);
        if written.is_ok() || !is_in_picture {
            return written;
        }
        self.do_without_pictures()?;
        self.write(batches, &mut is_in_picture)
    }

    fn write(
        &mut self,
        batches: &[Vec<DirectoryOp>],
        is_in_picture: &mut bool,
    ) -> Result<Outcome, Error> {
        let is_open_to_older = self.is_open_to_older;
        let written = self.file.write("write", |transaction| {
            let written = guarded(|| {
                if is_open_to_older {
                    put_schema(transaction, META, SCHEMA)?;
                }
                // Held while the disk is written, which is safe: the file is had already, and only this thread changes the model.
                let model = self.model.look();
                let commit = Commit::begin(transaction, &model, &mut self.squeezers)?;
                commit.run(batches.iter(), &mut self.album)
            });
            *is_in_picture = matches!(written, Err(Fault::Picture(_)));
            written
        });
        self.in_doubt = written.is_err();
        self.is_open_to_older &= written.is_err();
        written
    }

    /// Reads the file again after a write that failed, which may be in it all the same: the last step of a commit is to make sure of
    /// what is there already.
    fn end_doubt(&mut self) -> Result<(), Error> {
        if !self.in_doubt {
            return Ok(());
        }
        self.begin_anew(load(&self.file, self.album.limit(), Loading::Whole)?);
        Ok(())
    }

    /// Builds the model out of records alone, when pictures are damaged that it would be read from.
    ///
    /// # Errors
    /// When records cannot be read either.
    pub(super) fn do_without_pictures(&mut self) -> Result<(), Error> {
        if !self.album.is_unread() {
            self.begin_anew(load_alone(&self.file, self.album.limit())?);
        }
        Ok(())
    }

    fn begin_anew(&mut self, (fresh, album): (Model, Album)) {
        self.model.replace(fresh);
        self.album = self.album.opened_again(album);
        self.in_doubt = false;
        self.announce(Touched::all());
    }

    fn take_pictures(&mut self) {
        if let Err(error) = self.album.take(&self.file, &self.model) {
            // Nothing is lost by it: the next opening takes longer.
            tracing::warn!(%error, "no picture was taken of the directory");
            self.in_doubt = true;
        }
    }

    /// Keeps in memory what somebody has looked at lately. There is a commit every few minutes, if only to say that nothing is new.
    fn tidy(&mut self) {
        if self.tidied.elapsed() >= IDLE {
            self.model.change().let_go();
            self.tidied = Instant::now();
        }
    }

    fn announce(&self, touched: Touched) {
        if touched.moved {
            self.model.moved();
        }
        self.revisions.send_if_modified(|revisions| {
            let kinds = [Kind::User, Kind::Group, Kind::App];
            let [users, groups, apps] = kinds.map(|kind| touched.has(kind));
            revisions.users += u64::from(users);
            revisions.groups += u64::from(groups);
            revisions.apps += u64::from(apps);
            revisions.entries += u64::from(touched.entries);
            users || groups || apps || touched.entries
        });
    }
}

/// Makes the tables of a new file; refuses one from a newer version, and moves one from an older version aside: what it mirrored is
/// read anew.
fn prepare(file: &RedbFile) -> Result<(), Error> {
    let Some(older) = make_tables(file)? else {
        return Ok(());
    };
    let org: Option<Org> = file.read("read", |transaction| meta(transaction, key::ORG))?;
    // The new one needs room for all that is in it from the first moment, or the org would be forgotten.
    file.admit()?;
    file.move_aside(&format!("schema-{older}"))?;
    make_tables(file)?;
    org.map_or(Ok(()), |org| write_org(file, &org))
}

/// Gives the file's schema when it is an older one, which is left as it is. Only a new one is written to, so that a start needs no
/// room on the disk.
fn make_tables(file: &RedbFile) -> Result<Option<u32>, Error> {
    let found = file.schema(META, SCHEMA)?;
    if found.is_none() {
        file.write("prepare", |transaction| {
            guarded(|| {
                put_schema(transaction, META, SCHEMA)?;
                drop(Tables::open(transaction)?);
                Ok(())
            })
        })?;
    }
    Ok(found.filter(|found| *found < OLDEST))
}

/// Whether a file is of an older schema and has pictures, which the first change would leave unmarked.
fn is_open_to_older(file: &RedbFile) -> Result<bool, Error> {
    let is_older = file.schema(META, SCHEMA)? != Some(SCHEMA);
    Ok(is_older && file.read("read", picture::are_any)?)
}

/// A value of the `meta` table.
pub(super) fn meta<T: DeserializeOwned>(
    transaction: &ReadTransaction,
    name: &str,
) -> Result<Option<T>, Fault> {
    let bytes = transaction.open_table(META)?.get(name)?;
    bytes
        .map(|bytes| codec::decode(META_VERSION, bytes.value()))
        .transpose()
}

fn write_org(file: &RedbFile, org: &Org) -> Result<(), Error> {
    file.write("write", |transaction| {
        let bytes = codec::encode(META_VERSION, org)?;
        let mut meta = transaction.open_table(META)?;
        meta.insert(key::ORG, bytes.as_slice())?;
        Ok(())
    })
}

/// Builds the model from the file, and says what there are pictures of. Pictures that are damaged are done without.
fn load(file: &RedbFile, undrawn: usize, how: Loading) -> Result<(Model, Album), Error> {
    let all = file.read("read", |transaction| {
        guarded(|| {
            let model = Model::load(transaction, how)?;
            let album = Album::open(transaction, &model, undrawn)?;
            Ok((model, album))
        })
    });
    let Err(damage @ Error::Damaged { .. }) = all else {
        return all;
    };
    load_alone(file, undrawn).map_err(|_| damage)
}

fn load_alone(file: &RedbFile, undrawn: usize) -> Result<(Model, Album), Error> {
    let model = file.read("read", |transaction| {
        guarded(|| Model::load(transaction, Loading::Alone))
    })?;
    tracing::warn!("the pictures of the directory are damaged, and are not used");
    Ok((model, Album::unread(undrawn)))
}
