//! What proves to Okta who asks: an API token, or the key of a service app.

use http::HeaderValue;
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::service_app::ServiceApp;
use super::signing::{KeyError, SigningKey};
use crate::domain::secret::Mark;
use crate::domain::secret::Secret;
use crate::domain::text::SafeText;

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
pub(super) enum Kind {
    /// An API token, sent as `Authorization: SSWS …`.
    Ssws(HeaderValue),
    /// A service app, which gets access tokens for its key.
    Service(Box<ServiceApp>),
}

/// Why a service app cannot be used as a credential. Nothing was sent anywhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppError {
    /// Client ids are 20 letters and digits.
    #[error("`{0}` is no client id, which has 20 letters and digits and begins with 0oa")]
    ClientId(SafeText),
    /// A scope that Okta does not have.
    #[error("`{0}` is no scope of Okta's API, such as okta.users.read")]
    Scope(SafeText),
    /// The key cannot be used.
    #[error("the private key cannot be used: {0}")]
    Key(#[from] KeyError),
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

    /// A service app with its private key in PEM form or as a JSON Web Key. `key_id` is the name that Okta shows for the key; one
    /// in a JSON Web Key need not be repeated.
    ///
    /// # Errors
    /// [`AppError`] when id, key or scopes cannot be right, so that nothing is sent.
    pub fn service_app(
        client_id: &str,
        key: &Secret,
        key_id: Option<&str>,
        scopes: Vec<String>,
    ) -> Result<Self, AppError> {
        let is_id = client_id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_id || client_id.len() != 20 {
            return Err(AppError::ClientId(client_id.into()));
        }
        if let Some(odd) = scopes.iter().find(|scope| !is_scope(scope)) {
            return Err(AppError::Scope(odd.as_str().into()));
        }
        let key = SigningKey::read(key)?;
        let key = match key_id {
            Some(key_id) => key.named(key_id.to_owned()),
            None => key,
        };
        let app = ServiceApp::new(client_id.to_owned(), key, scopes);
        Ok(Self(Kind::Service(Box::new(app))))
    }

    /// What tells this credential from others without telling it; `None` when the system gives no random salt.
    pub fn mark(&self) -> Option<Mark> {
        let mut salt = [0; 16];
        SystemRandom::new().fill(&mut salt).ok()?;
        Some(Mark {
            salt,
            digest: self.digest(&salt),
        })
    }

    /// Whether the mark is of this credential.
    pub fn is_marked(&self, mark: &Mark) -> bool {
        self.digest(&mark.salt) == mark.digest
    }

    /// Of a token the token itself; of an app its id, for a new key makes it no other.
    fn digest(&self, salt: &[u8; 16]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, salt);
        let tag = match &self.0 {
            Kind::Ssws(header) => hmac::sign(&key, header.as_bytes()),
            Kind::Service(app) => hmac::sign(&key, app.client_id().as_bytes()),
        };
        let mut digest = [0; 32];
        digest.copy_from_slice(tag.as_ref());
        digest
    }

    pub(super) fn kind(&self) -> &Kind {
        &self.0
    }
}

fn is_scope(text: &str) -> bool {
    let in_scopes = |c: char| c.is_ascii_alphanumeric() || c == '.';
    text.starts_with("okta.") && text.chars().all(in_scopes)
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
        Credential::ssws(&Secret::new(text.to_owned())).map(|credential| match credential.kind() {
            Kind::Ssws(value) => value.to_str().unwrap().to_owned(),
            Kind::Service(app) => format!("{app:?}"),
        })
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
    fn a_service_app_needs_a_client_id_scopes_and_a_key() {
        let app = |id: &str, scope: &str| {
            let key = Secret::new("no key".to_owned());
            Credential::service_app(id, &key, None, vec![scope.to_owned()]).unwrap_err()
        };
        let id = "0oa1f4kZq0Ab3Xy9R5d7";
        assert!(matches!(
            app("acme", "okta.users.read"),
            AppError::ClientId(_)
        ));
        assert!(matches!(app(id, "openid"), AppError::Scope(_)));
        assert!(matches!(
            app(id, "okta.users.read okta.logs.read"),
            AppError::Scope(_)
        ));
        assert_eq!(app(id, "okta.users.read"), AppError::Key(KeyError::NotAKey));
    }

    #[test]
    fn its_debug_form_shows_no_token() {
        let credential = Credential::ssws(&Secret::new(TOKEN.into())).unwrap();
        assert!(!format!("{credential:?}").contains("aBcD"));
    }
}
