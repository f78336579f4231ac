//! Lists that are kept until they are whole, a page at a time and compressed: of 100,000 assignments, or of as many devices, that is a
//! tenth of what they take with their JSON beside them.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::listing::Complete;
use crate::domain::text::RawJson;
use crate::store::codec;
use crate::store::error::Fault;

/// Format of what is compressed; it never lasts longer than the process.
const VERSION: u8 = 1;

/// Items of a list, each with its JSON.
#[derive(Clone, Debug)]
pub struct Pack<T>(Kept<T>);

#[derive(Clone, Debug)]
enum Kept<T> {
    Loose(Vec<(T, RawJson)>),
    Squeezed(Box<[u8]>),
}

impl<T> Pack<T> {
    /// A list that is short, as it is.
    pub fn loose(items: Vec<(T, RawJson)>) -> Self {
        Self(Kept::Loose(items))
    }
}

impl<T: Clone + Serialize + DeserializeOwned> Pack<T> {
    /// A page of a longer list, compressed. One that cannot be is kept as it is.
    pub fn squeezed(items: Vec<(T, RawJson)>) -> Self {
        let bytes = codec::encode(VERSION, &items).and_then(|bytes| codec::compress(&bytes));
        Self(bytes.map_or(Kept::Loose(items), |bytes| Kept::Squeezed(bytes.into())))
    }

    /// What is in it.
    pub(super) fn open(&self) -> Result<Cow<'_, [(T, RawJson)]>, Fault> {
        match &self.0 {
            Kept::Loose(items) => Ok(items.into()),
            Kept::Squeezed(bytes) => {
                let items: Vec<_> = codec::decode(VERSION, &codec::decompress(bytes)?)?;
                Ok(items.into())
            }
        }
    }
}

/// A list that is in memory anyway.
impl<T> From<Complete<(T, RawJson)>> for Complete<Pack<T>> {
    fn from(list: Complete<(T, RawJson)>) -> Self {
        list.into_one(Pack::loose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_what_was_put_in_and_takes_a_tenth() {
        let item = |n: u32| {
            let json = format!(
                r#"{{"id":"{n}","text":"{}"}}"#,
                "all of them alike ".repeat(20)
            );
            (n, RawJson::new(json))
        };
        let items: Vec<_> = (0..200).map(item).collect();
        let pack = Pack::squeezed(items.clone());
        assert_eq!(*pack.open().unwrap(), items);
        let Pack(Kept::Squeezed(bytes)) = pack else {
            unreachable!("it can be compressed")
        };
        assert!(bytes.len() < 200 * 40, "{}", bytes.len());
    }
}
