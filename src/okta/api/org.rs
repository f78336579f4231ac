//! The org itself.

use super::super::Reader;
use super::super::error::Error;
use super::super::page::Item;
use super::super::wire::{OrgProbe, OrgSettings};
use crate::domain::org::Org;

impl Reader {
    /// The org, as far as the credential may read it. The pipeline is not told here; see [`well_known`](Self::well_known).
    ///
    /// # Errors
    /// [`Error`]; `Forbidden` is common for admins of few rights.
    pub async fn organization(&self) -> Result<Item<Org>, Error> {
        let call = self.call("read the org", &["api", "v1", "org"], &[])?;
        let settings: Item<OrgSettings> = self.object(call).await?;
        Ok(settings.map(|settings| Org {
            id: settings.id,
            host: self.base().host().into(),
            company: settings.company,
            pipeline: None,
        }))
    }

    /// Which org answers at the address, asked without the credential: the first thing to ask of an address.
    ///
    /// # Errors
    /// [`Error`] when nothing answers, or something that is not Okta.
    pub async fn well_known(&self) -> Result<OrgProbe, Error> {
        let segments = [".well-known", "okta-organization"];
        let call = self.call("ask which org this is", &segments, &[])?;
        let probe: Item<OrgProbe> = self.object(call.anonymous()).await?;
        Ok(probe.value)
    }
}
