//! What of the model is not in memory, and how it gets there.
//!
//! Whoever looks at the model is told what it lacks, lets go of it, reads that from pictures and looks again. So nobody waits for the
//! disk with the model in hand, and what nobody looks at is not in memory. What is read fits the model or does not join it: a picture
//! tells by its stamp which one it is, and the model knows what has changed since that one was drawn.

use std::collections::BTreeSet;

use super::links::Owners;
use super::model::Model;
use super::picture::Part;
use super::shared::Shared;
use super::tables::Relation;
use crate::store::error::Fault;

/// Blocks that are read before the model is looked at again.
const AT_A_TIME: usize = 64;

/// What has to be read before a question about the model has an answer.
#[derive(Debug)]
pub(super) enum Lack {
    /// Blocks of lists.
    Lists(Relation, Owners, Vec<u32>),
}

/// Gives the picture of a part with a number; `None` when there is none.
pub(super) type Source<'s> = &'s dyn Fn(Part, u32) -> Result<Option<Vec<u8>>, Fault>;

/// Takes the picture of a part with a number.
pub(super) type Sink<'s> = &'s mut dyn FnMut(u32, &[u8]) -> Result<(), Fault>;

/// Reads what is lacking, and gives it to the model. Another picture may have been drawn since somebody looked: then nothing joins,
/// and the reader is told to begin again.
pub(super) fn fetch(lack: &Lack, source: Source<'_>, model: &Shared) -> Result<(), Fault> {
    let _alone = model.one_at_a_time();
    match lack {
        Lack::Lists(relation, owners, blocks) => {
            let (relation, owners) = (*relation, *owners);
            for some in blocks.chunks(AT_A_TIME) {
                let absent: BTreeSet<u32> = {
                    let model = model.look();
                    let side = model.links(relation).side(owners);
                    let absent = some.iter().copied();
                    absent.filter(|block| side.is_absent(*block)).collect()
                };
                let mut developed = Vec::with_capacity(absent.len());
                for block in absent {
                    developed.push((
                        block,
                        super::links::develop(source, relation, owners, block)
                            .map_err(Fault::in_picture)?,
                    ));
                }
                let model = model.look();
                let side = model.links(relation).side(owners);
                let mut held = developed.into_iter();
                if !held.all(|(block, developed)| side.hold(block, developed)) {
                    return Err(Fault::Moved);
                }
            }
        }
    }
    Ok(())
}

/// As [`fetch`], for the one who changes the model and has it in hand: nothing is drawn meanwhile.
pub(super) fn fill(lack: Lack, source: Source<'_>, model: &Model) -> Result<(), Fault> {
    match lack {
        Lack::Lists(relation, owners, blocks) => {
            let side = model.links(relation).side(owners);
            for block in blocks {
                let developed = side.develop(source, block).map_err(Fault::in_picture)?;
                if !side.hold(block, developed) {
                    return Err(
                        Fault::damaged("a picture is not the one that was drawn").in_picture()
                    );
                }
            }
        }
    }
    Ok(())
}
