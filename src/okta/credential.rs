//! What proves to Okta who asks. Today an API token; other kinds will stand beside it without changing who holds one.

use http::HeaderValue;

use crate::domain::secret::Secret;

/// API tokens are 42 characters; anything much shorter is something else.
const MIN_TOKEN_CHARS: usize = 30;
/// Room for tokens to grow, but not for a pasted file.
const MAX_TOKEN_CHARS: usize = 512;

/// Why a text cannot be an API token. It was not sent anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Nothing was given.
    #[error("the API token is empty; make one in the Admin Console under Security > API > Tokens")]
    Empty,
    /// Twenty characters that begin with 00T name a token without being one.
    #[error(
        "this is the id of an API token, not the token; Okta shows the token itself only once, when it is made"
    )]
    TokenId,
    /// An OAuth access token.
    #[error("this is an OAuth access token; an API token (Security > API > Tokens) is needed")]
    AccessToken,
    /// Too short or too long.
    #[error(
        "an API token has about 42 characters, this has {0}; was it cut off or is it something else?"
    )]
    Length(usize),
    /// White space, quotes, line breaks or other characters that tokens do not have.
    #[error(
        "the API token has a character at position {0} that tokens do not have (a space, a quote, a line break?)"
    )]
    Character(usize),
}

/// Who asks, as Okta wants it proven.
#[derive(Debug)]
pub struct Credential(Kind);

#[derive(Debug)]
enum Kind {
    /// An API token, sent as `Authorization: SSWS …`.
    Ssws(HeaderValue),
}

impl Credential {
    /// An API token. White space around it and a pasted `SSWS ` before it are taken off.
    ///
    /// # Errors
    /// [`CredentialError`] when the text cannot be an API token, so that it is never sent.
    pub fn ssws(token: &Secret) -> Result<Self, CredentialError> {
        let text = token.expose().trim();
        let text = strip_scheme(text, "SSWS").unwrap_or(text);
        check_token(text)?;
        let header = Secret::new(format!("SSWS {text}"));
        let mut value =
            HeaderValue::from_str(header.expose()).map_err(|_| CredentialError::Character(1))?;
        value.set_sensitive(true);
        Ok(Self(Kind::Ssws(value)))
    }

    /// The value of the `Authorization` header.
    pub(super) fn authorization(&self) -> HeaderValue {
        match &self.0 {
            Kind::Ssws(value) => value.clone(),
        }
    }
}

fn check_token(text: &str) -> Result<(), CredentialError> {
    if text.is_empty() {
        return Err(CredentialError::Empty);
    }
    if text.starts_with("eyJ")
        || strip_scheme(text, "Bearer").is_some()
        || strip_scheme(text, "DPoP").is_some()
    {
        return Err(CredentialError::AccessToken);
    }
    let is_token_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
    if let Some(position) = text.chars().position(|c| !is_token_char(c)) {
        return Err(CredentialError::Character(position + 1));
    }
    match text.len() {
        20 if text.starts_with("00T") => Err(CredentialError::TokenId),
        MIN_TOKEN_CHARS..=MAX_TOKEN_CHARS => Ok(()),
        length => Err(CredentialError::Length(length)),
    }
}

/// What follows `scheme` and white space, when the text begins so.
fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (head, tail) = text.split_once(char::is_whitespace)?;
    head.eq_ignore_ascii_case(scheme).then(|| tail.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "00aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789-_Ab";

    fn ssws(text: &str) -> Result<String, CredentialError> {
        Credential::ssws(&Secret::new(text.to_owned()))
            .map(|credential| credential.authorization().to_str().unwrap().to_owned())
    }

    #[test]
    fn a_token_is_taken_with_what_pasting_adds() {
        let header = format!("SSWS {TOKEN}");
        for pasted in [
            TOKEN.to_owned(),
            format!(" {TOKEN}\n"),
            format!("SSWS {TOKEN}"),
            format!("ssws  {TOKEN}\r\n"),
        ] {
            assert_eq!(ssws(&pasted), Ok(header.clone()), "{pasted:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_token_is_refused() {
        for (text, error) in [
            ("", CredentialError::Empty),
            ("  \n", CredentialError::Empty),
            ("hunter2", CredentialError::Length(7)),
            ("00T1a2b3c4D5e6F7g8h9", CredentialError::TokenId),
            (
                "eyJraWQiOiJ4In0.eyJpc3MiOiJ4In0.c2lnbmF0dXJlLWhlcmU",
                CredentialError::AccessToken,
            ),
            ("Bearer abc", CredentialError::AccessToken),
            (
                "00aBcDeFgHiJkLmNoPqR sTuVwXyZ0123456789-_Ab",
                CredentialError::Character(21),
            ),
            (
                "\"00aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789-_\"",
                CredentialError::Character(1),
            ),
            (
                "00aBcDeFgHiJkLmNoPq\nX-Evil: yes0123456789",
                CredentialError::Character(20),
            ),
            (
                "00äBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789-_Ab",
                CredentialError::Character(3),
            ),
        ] {
            assert_eq!(ssws(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn its_debug_form_shows_no_token() {
        let credential = Credential::ssws(&Secret::new(TOKEN.into())).unwrap();
        assert!(!format!("{credential:?}").contains("aBcD"));
    }
}
