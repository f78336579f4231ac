//! The transport without a network: the request goes to a server in the same process.

use std::convert::Infallible;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use tower::{Service, ServiceExt as _};

use super::{Fault, MAX_BODY_BYTES, Transport, TransportError, check_header_size};

/// Hands each request to a tower service, such as a router of the simulated org.
#[derive(Clone, Debug)]
pub struct ServiceTransport<S>(S);

impl<S> ServiceTransport<S> {
    /// A transport to `service`, which is cloned for each request.
    pub fn new(service: S) -> Self {
        Self(service)
    }
}

#[async_trait]
impl<S, B> Transport for ServiceTransport<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send,
    B: BodyExt<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let service = self.0.clone();
        let Ok(response) = service.oneshot(request.map(Full::new)).await;
        let (parts, body) = response.into_parts();
        check_header_size(&parts.headers).map_err(|error| error.after(parts.status))?;
        let body = Limited::new(body, MAX_BODY_BYTES)
            .collect()
            .await
            .map_err(|error| broken(&*error).after(parts.status))?
            .to_bytes();
        Ok(Response::from_parts(parts, body))
    }
}

fn broken(error: &(dyn std::error::Error + 'static)) -> TransportError {
    if error.is::<http_body_util::LengthLimitError>() {
        TransportError::body_too_large()
    } else {
        TransportError::new(Fault::Interrupted, error.to_string())
    }
}
