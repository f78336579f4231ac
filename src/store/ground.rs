//! What the files of one store have in common: the medium they lie on.

use std::sync::Arc;

use super::medium::Medium;

/// The ground that a store stands on; its files share one.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) medium: Arc<dyn Medium>,
}

impl Ground {
    pub(super) fn new(medium: Arc<dyn Medium>) -> Arc<Self> {
        Arc::new(Self { medium })
    }
}
