//! Pages of a list, the same for every list route: where a page begins, what it holds, and what leads to the next.
//!
//! A route says how many items a page may hold ([`Asked::limit`]), which place its cursor names ([`Asked::start`]), what is
//! listed from there on, and how one item is written. Cursors are ids, because an id still names its place after the
//! object has gone.

use axum::response::Response;

use super::{Asked, cut, json as answer};
use crate::sim::error::ApiError;
use crate::sim::id::Id;
use crate::sim::json::{self, Object};

/// What a route answers.
pub type Answer = Result<Response, ApiError>;

/// Bytes that an item is expected to take; a page of anything larger grows once or twice.
const ITEM_BYTES: usize = 1_024;

impl Asked {
    /// The place at which the page begins: behind the one that the cursor names, at the beginning without a cursor.
    ///
    /// # Errors
    /// `E0000029` when `place` knows no such cursor.
    pub fn start(&self, place: impl FnOnce(&str) -> Option<usize>) -> Result<usize, ApiError> {
        match self.after() {
            None => Ok(0),
            Some(cursor) => place(cursor)
                .map(|last| last + 1)
                .ok_or_else(ApiError::invalid_cursor),
        }
    }

    /// A page of at most `limit` of `items`, which begin where the page does; the last one's id is the next page's cursor.
    pub fn list<T>(
        &self,
        limit: usize,
        items: impl Iterator<Item = T>,
        id: impl Fn(&T) -> Id,
        write: impl FnMut(&mut String, T),
    ) -> Response {
        let (body, next) = filled(limit, items, id, write);
        self.page(body, next.as_ref().map(Id::as_str), limit)
    }

    /// The same for lists that answer `{"name": […], "_links": {…}}`: the next page's address is in the body, beside what
    /// `links` writes, and no header has it.
    pub fn list_in_body<T>(
        &self,
        name: &str,
        links: impl FnOnce(&mut Object<'_>),
        limit: usize,
        items: impl Iterator<Item = T>,
        id: impl Fn(&T) -> Id,
        write: impl FnMut(&mut String, T),
    ) -> Response {
        let (body, next) = filled(limit, items, id, write);
        answer(json::object_text(|o| {
            o.raw(name, body).object("_links", |o| {
                links(o);
                if let Some(next) = next {
                    o.object("next", |o| {
                        o.str("href", &self.href(Some((next.as_str(), limit))));
                    });
                }
            });
        }))
    }

    /// A list that always fits into one page, from its items.
    pub fn all<T>(
        &self,
        items: impl IntoIterator<Item = T>,
        write: impl FnMut(&mut String, T),
    ) -> Response {
        let mut body = String::new();
        json::array(&mut body, items, write);
        self.whole(body)
    }
}

/// The array of a page, and the next one's cursor.
fn filled<T>(
    limit: usize,
    items: impl Iterator<Item = T>,
    id: impl Fn(&T) -> Id,
    write: impl FnMut(&mut String, T),
) -> (String, Option<Id>) {
    let mut found: Vec<T> = items.take(limit + 1).collect();
    let more = cut(&mut found, limit);
    let next = found.last().filter(|_| more).map(id);
    let mut body = String::with_capacity(found.len() * ITEM_BYTES + 2);
    json::array(&mut body, found, write);
    (body, next)
}

#[cfg(test)]
mod tests {
    use http::header::LINK;
    use serde_json::{Value, json};

    use super::super::tests::asked;
    use super::*;
    use crate::sim::derive::Seed;

    fn nth(n: usize) -> Id {
        Id::new(Seed(1), "00g", n as u64)
    }

    fn place(cursor: &str) -> Option<usize> {
        (0..10).find(|n| nth(*n).as_str() == cursor)
    }

    /// Page of an org of ten.
    fn page(uri: &str) -> (String, Option<Id>) {
        let asked = asked(uri);
        let start = asked.start(place).unwrap();
        let write = |out: &mut String, n: usize| out.push_str(&n.to_string());
        filled(asked.limit(4, 5).unwrap(), start..10, |n| nth(*n), write)
    }

    #[test]
    fn pages_cover_everything_once_and_the_last_one_leads_nowhere() {
        let first = page("/x");
        assert_eq!(first, ("[0,1,2,3]".to_owned(), Some(nth(3))));
        let second = page(&format!("/x?limit=100&after={}", nth(3)));
        assert_eq!(second, ("[4,5,6,7,8]".to_owned(), Some(nth(8))));
        let last = page(&format!("/x?after={}", nth(8)));
        assert_eq!(last, ("[9]".to_owned(), None));
        let full = page(&format!("/x?after={}", nth(5)));
        assert_eq!(full, ("[6,7,8,9]".to_owned(), None));
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let asked = asked("/x?after=00uNotOfThisList0001");
        assert_eq!(asked.start(place).unwrap_err().code, "E0000029");
    }

    #[tokio::test]
    async fn a_list_that_pages_in_its_body_has_no_link_header() {
        let asked = asked("/x?limit=2");
        let write = |out: &mut String, n: usize| out.push_str(&n.to_string());
        let page = asked.list_in_body("roles", |_| (), 2, 0..10, |n| nth(*n), write);
        assert!(page.headers().get(LINK).is_none());
        let bytes = axum::body::to_bytes(page.into_body(), 10_000).await;
        let body: Value = serde_json::from_slice(&bytes.unwrap()).unwrap();
        assert_eq!(body["roles"], json!([0, 1]));
        let next = format!("http://org.example:8080/x?after={}&limit=2", nth(1));
        assert_eq!(body["_links"]["next"]["href"], json!(next));
    }
}
