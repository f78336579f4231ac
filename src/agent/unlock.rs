//! The mirror's keys, from where the configuration says they are.

use crate::config::StoreSettings;
use crate::config::source::{OLD_STORE_KEY, STORE_KEY, SecretError, SecretSource, Wanted};
use crate::store::{self, Keys, NoKey, StoreKey};

/// Why there are no keys though the configuration names some.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// One cannot be fetched.
    #[error(transparent)]
    Source(#[from] SecretError),
    /// What was fetched is none.
    #[error("what came {place} cannot be the mirror's key: {cause}")]
    NoKey {
        /// Where it came from.
        place: String,
        /// Why.
        cause: NoKey,
    },
    /// There is a former key and no present one.
    #[error("the mirror's former key is configured, and none that comes after it")]
    OnlyFormer,
}

impl KeyError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Source(error) => error.hint(),
            Self::NoKey { cause, .. } => cause.hint().to_owned(),
            Self::OnlyFormer => "set `key_file` or `key_command` under [profiles.NAME.store]; to have the files plain again name \
                                 the key there and set `encrypt = false`"
                .to_owned(),
        }
    }
}

/// What the configuration says of the mirror, as the mirror takes it.
///
/// # Errors
/// When a key that is configured cannot be fetched, or is none.
pub async fn store_settings(settings: &StoreSettings) -> Result<store::Settings, KeyError> {
    Ok(store::Settings {
        keep_free_bytes: settings.keep_free_mb << 20,
        ballast_bytes: settings.ballast_mb << 20,
        allow_network: settings.allow_network,
        keys: keys(settings).await?,
        ..store::Settings::default()
    })
}

async fn keys(settings: &StoreSettings) -> Result<Keys, KeyError> {
    let key = key(&settings.key, STORE_KEY).await?;
    let old = self::key(&settings.old_key, OLD_STORE_KEY).await?;
    match (key, old) {
        (None, None) => Ok(Keys::default()),
        (None, Some(_)) => Err(KeyError::OnlyFormer),
        (Some(key), old) if settings.encrypt => Ok(Keys::new(Some(key), old)),
        (Some(key), old) => Ok(Keys::new(None, [key].into_iter().chain(old))),
    }
}

async fn key(source: &SecretSource, wanted: Wanted) -> Result<Option<StoreKey>, KeyError> {
    if *source == SecretSource::Missing {
        return Ok(None);
    }
    let text = source.read(wanted).await?;
    let key = StoreKey::parse(&text).map_err(|cause| KeyError::NoKey {
        place: source.describe(wanted),
        cause,
    })?;
    Ok(Some(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prints(text: &str) -> SecretSource {
        SecretSource::Command(vec!["echo".to_owned(), text.to_owned()])
    }

    fn settings(key: SecretSource, old_key: SecretSource) -> StoreSettings {
        StoreSettings {
            key,
            old_key,
            ..StoreSettings::default()
        }
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_key_is_told_with_its_place_and_not_with_its_text() {
        let (none, good) = (SecretSource::Missing, prints(&"0123456789abcdef".repeat(4)));
        for (key, old, says) in [
            (
                prints("canary"),
                none.clone(),
                "`echo` cannot be the mirror's key: it is not 32 bytes",
            ),
            (good.clone(), prints("canary"), "cannot be the mirror's key"),
            (
                prints(&"00".repeat(32)),
                none.clone(),
                "every byte of it is the same",
            ),
            (
                prints(" "),
                none.clone(),
                "the mirror's key from the command `echo` is empty",
            ),
            (
                none.clone(),
                good.clone(),
                "the mirror's former key is configured, and none",
            ),
            (
                SecretSource::File("/nowhere/key".into()),
                none.clone(),
                "/nowhere/key cannot be used",
            ),
        ] {
            let error = store_settings(&settings(key, old)).await.unwrap_err();
            let words = format!("{error} {}", error.hint());
            assert!(words.contains(says) && !words.contains("canary"), "{words}");
        }
        for (key, old) in [
            (none.clone(), none.clone()),
            (good.clone(), none),
            (good.clone(), good),
        ] {
            assert!(store_settings(&settings(key, old)).await.is_ok());
        }
    }
}
