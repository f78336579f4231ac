//! What postings can say about a filter: which events of a segment come into question.
//!
//! A plan asks for less than its filter (what is negated, compared or matched by an expression is left to the filter), so it may find
//! too many events and never too few.

use redb::ReadOnlyTable;

use super::bits::Bits;
use super::postings::{self, Field, Share};
use crate::domain::filter::Need;
use crate::store::error::Fault;

/// Where to look.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Plan {
    All(Vec<Self>),
    Any(Vec<Self>),
    /// One of the fields holds the text.
    Text {
        fields: &'static [Field],
        text: String,
        /// What of a value that text is.
        share: Share,
    },
}

impl Plan {
    /// The plan for a filter's need; `None` when every event comes into question.
    pub(super) fn of(need: &Need<'_>) -> Option<Self> {
        match need {
            Need::Anything => None,
            Need::All(needs) => {
                let plans: Vec<Self> = needs.iter().filter_map(Self::of).collect();
                (!plans.is_empty()).then_some(Self::All(plans))
            }
            Need::Any(needs) => {
                let plans: Option<Vec<Self>> = needs.iter().map(Self::of).collect();
                plans.map(Self::Any)
            }
            Need::Text { text: "", .. } => None,
            Need::Text { field, text, whole } => {
                let share = if *whole { Share::Whole } else { Share::Part };
                let plain = Self::text(Field::named(*field)?, text, share);
                if field.is_some() {
                    return Some(plain);
                }
                let share = if *whole { share } else { Share::Beginning };
                let ids = Self::text(postings::CHANCE_IDS, text, share);
                Some(Self::Any(vec![plain, ids]))
            }
        }
    }

    fn text(fields: &'static [Field], text: &str, share: Share) -> Self {
        Self::Text {
            fields,
            text: text.to_owned(),
            share,
        }
    }

    /// The events of a segment with `count` events that come into question.
    pub(super) fn candidates(
        &self,
        rows: &ReadOnlyTable<&'static [u8], &'static [u8]>,
        segment: u32,
        count: u32,
    ) -> Result<Bits, Fault> {
        match self {
            Self::All(plans) => {
                let mut plans = plans.iter();
                let Some(first) = plans.next() else {
                    return Ok(Bits::none(count));
                };
                let mut kept = first.candidates(rows, segment, count)?;
                for plan in plans {
                    if kept.is_empty() {
                        break;
                    }
                    kept.keep(&plan.candidates(rows, segment, count)?);
                }
                Ok(kept)
            }
            Self::Any(plans) => {
                let mut found = Bits::none(count);
                for plan in plans {
                    found.add(&plan.candidates(rows, segment, count)?);
                }
                Ok(found)
            }
            Self::Text {
                fields,
                text,
                share,
            } => {
                let mut found = Bits::none(count);
                for field in *fields {
                    if postings::lacks(rows, segment, *field)? {
                        return Ok(Bits::all(count));
                    }
                    postings::find(rows, segment, *field, (text, *share), &mut found)?;
                }
                Ok(found)
            }
        }
    }
}
