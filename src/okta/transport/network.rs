//! The transport over the network: one HTTP client per org, set up to trust little and never to hang.

use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{Request, Response};

use super::super::settings::{Proxy, Settings, Timeouts};
use super::{
    Fault, MAX_BODY_BYTES, MAX_HEADER_BYTES, Transport, TransportError, check_header_size,
};
use crate::domain::text::SafeText;

/// The HTTP client could not be set up from the settings.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The file of certificate authorities could not be read.
    #[error("the certificate authorities in {} could not be read: {source}", path.display())]
    ReadCa {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file of certificate authorities holds none.
    #[error("{} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)", path.display())]
    NoCa {
        /// The file.
        path: PathBuf,
    },
    /// The proxy's address is not one.
    #[error(
        "`{0}` is not the address of a proxy; write it as http://proxy.example:3128, without a user name"
    )]
    Proxy(SafeText),
    /// The client refused the settings as a whole.
    #[error("the HTTP client could not be set up: {0}")]
    Client(SafeText),
}

/// Sends over the network: TLS 1.2 or newer, HTTP/2 where offered, no redirects, no cookies, no automatic repeats, no proxy but the
/// configured one.
#[derive(Clone, Debug)]
pub struct HttpTransport(reqwest::Client);

impl HttpTransport {
    /// Sets the client up. Connections are made when they are needed.
    ///
    /// # Errors
    /// [`SetupError`] when the extra certificate authorities or the proxy's address cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        let client = builder(settings, settings.timeouts)?
            // A connection that a firewall forgot must not hang the next request.
            .pool_idle_timeout(Duration::from_secs(30))
            .http2_keep_alive_interval(Duration::from_secs(15))
            .http2_keep_alive_timeout(Duration::from_secs(10))
            .http2_keep_alive_while_idle(true)
            .http2_max_header_list_size(u32::try_from(MAX_HEADER_BYTES).unwrap_or(u32::MAX));
        Self::build(client)
    }

    /// Sets the client for changes up: every request has a connection of its own, in HTTP/1.1, so that nothing below ever sends one
    /// again because a connection turned out to be gone or a stream was refused.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn for_changes(settings: &Settings) -> Result<Self, SetupError> {
        let client = builder(settings, settings.timeouts.of_changes())?
            .pool_max_idle_per_host(0)
            .http1_only();
        Self::build(client)
    }

    fn build(builder: reqwest::ClientBuilder) -> Result<Self, SetupError> {
        let client = builder
            .build()
            .map_err(|error| SetupError::Client(error_words(&error)))?;
        Ok(Self(client))
    }
}

/// What all clients have in common.
fn builder(settings: &Settings, timeouts: Timeouts) -> Result<reqwest::ClientBuilder, SetupError> {
    // The TLS library wants its cryptography named once per process; a second naming changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .https_only(!settings.base.is_loopback())
        .connect_timeout(timeouts.connect)
        .read_timeout(timeouts.idle)
        .timeout(timeouts.exchange);
    if let Some(path) = &settings.extra_ca {
        builder = builder.tls_certs_merge(read_authorities(path)?);
    }
    let proxy = settings.proxy.as_ref();
    if let Some(proxy) = proxy.filter(|_| !settings.base.is_loopback()) {
        builder = builder.proxy(proxy_for(proxy)?);
    }
    Ok(builder)
}

fn read_authorities(path: &Path) -> Result<Vec<reqwest::Certificate>, SetupError> {
    let pem = std::fs::read(path).map_err(|source| SetupError::ReadCa {
        path: path.to_owned(),
        source,
    })?;
    reqwest::Certificate::from_pem_bundle(&pem)
        .ok()
        .filter(|certificates| !certificates.is_empty())
        .ok_or_else(|| SetupError::NoCa {
            path: path.to_owned(),
        })
}

fn proxy_for(proxy: &Proxy) -> Result<reqwest::Proxy, SetupError> {
    let unusable = || SetupError::Proxy(SafeText::new(&proxy.url));
    let url = url::Url::parse(&proxy.url).map_err(|_| unusable())?;
    let is_plain = url.username().is_empty() && url.password().is_none();
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !is_plain {
        return Err(unusable());
    }
    let made = reqwest::Proxy::all(url).map_err(|_| unusable())?;
    Ok(match &proxy.login {
        Some((user, password)) => made.basic_auth(user, password.expose()),
        None => made,
    })
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let request = reqwest::Request::try_from(request)
            .map_err(|error| TransportError::new(Fault::Unsendable, error_words(&error)))?;
        let mut response = self
            .0
            .execute(request)
            .await
            .map_err(|error| fault_of(&error))?;
        let status = response.status();
        check_header_size(response.headers()).map_err(|error| error.after(status))?;
        let mut answer = Response::new(Bytes::new());
        *answer.status_mut() = status;
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        let mut body = BytesMut::new();
        let cut = |error: reqwest::Error| fault_of(&error).after(status);
        while let Some(chunk) = response.chunk().await.map_err(cut)? {
            if body.len() + chunk.len() > MAX_BODY_BYTES {
                return Err(TransportError::body_too_large().after(status));
            }
            body.extend_from_slice(&chunk);
        }
        *answer.body_mut() = body.freeze();
        Ok(answer)
    }
}

/// Sorts an error of the HTTP client by what it means for a repeat.
fn fault_of(error: &reqwest::Error) -> TransportError {
    let is_tls = || causes(error).any(<dyn StdError>::is::<rustls::Error>);
    // Only what failed while the connection was made is certain to have sent nothing.
    let fault = if error.is_connect() {
        match (is_tls(), error.is_timeout()) {
            (true, _) => Fault::Tls,
            (false, true) => Fault::Unreached,
            (false, false) => Fault::Connect,
        }
    } else if error.is_timeout() {
        Fault::Timeout
    } else if error.is_builder() {
        Fault::Unsendable
    } else {
        Fault::Interrupted
    };
    TransportError::new(fault, error_words(error))
}

/// The innermost cause in words. The outer ones repeat the URL, which may hold personal data.
fn error_words(error: &reqwest::Error) -> SafeText {
    let innermost = causes(error).last().map(ToString::to_string);
    SafeText::new(innermost.as_deref().unwrap_or("no further detail"))
}

/// The causes below an error, outermost first. TLS errors hide inside I/O errors, which do not name them as their source.
fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause: &&'a (dyn StdError + 'static)| {
        let cause: &'a (dyn StdError + 'static) = *cause;
        let inner = cause
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .map(|inner| inner as &(dyn StdError + 'static));
        inner.or_else(|| cause.source())
    })
}
