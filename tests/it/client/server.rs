//! A server that answers as a test says and remembers what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use http::{HeaderMap, Response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a request was.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) target: String,
    pub(super) headers: HeaderMap,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// A server on a free port of the loopback address; it ends when it is dropped.
pub(super) struct TestServer {
    pub(super) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl TestServer {
    /// Answers each request with what `answer` makes of its number, from 0, and of what it was.
    pub(super) async fn start<F>(answer: impl Fn(usize, Seen) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(answer);
        let router = Router::new().fallback({
            let seen = Arc::clone(&seen);
            move |request: Request| {
                let request = Seen {
                    target: request.uri().to_string(),
                    headers: request.headers().clone(),
                };
                let mut all = seen.lock().unwrap();
                all.push(request.clone());
                let number = all.len() - 1;
                drop(all);
                answer(number, request)
            }
        });
        let (listener, url) = listen().await;
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, seen, task }
    }

    /// Answers the requests with these, in order, and the last one again and again.
    pub(super) async fn script(answers: Vec<Answer>) -> Self {
        Self::start(move |number, _| {
            let answer = answers[number.min(answers.len() - 1)].clone();
            async move { answer.into() }
        })
        .await
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// An answer that can be given more than once.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("x-okta-request-id".into(), "reqABC".into())],
            body: body.into(),
        }
    }

    pub(super) fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.headers.push((name.into(), value.to_string()));
        self
    }

    pub(super) fn rate(self, limit: u32, remaining: u32, reset_secs: i64) -> Self {
        self.with("x-rate-limit-limit", limit)
            .with("x-rate-limit-remaining", remaining)
            .with("x-rate-limit-reset", reset_secs)
    }
}

impl From<Answer> for Response<Body> {
    fn from(answer: Answer) -> Self {
        let mut response = Response::builder().status(answer.status);
        for (name, value) in answer.headers {
            response = response.header(name, value);
        }
        response.body(answer.body.into()).unwrap()
    }
}

/// A server that does with each connection whatever `talk` does.
pub(super) async fn raw_server<F>(
    talk: impl Fn(TcpStream) -> F + Send + Sync + 'static,
) -> (String, JoinHandle<()>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (listener, url) = listen().await;
    let task = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(talk(stream));
        }
    });
    (url, task)
}

/// A server that sends these bytes after a request and closes the connection.
pub(super) async fn byte_server(bytes: impl Into<Vec<u8>>) -> (String, JoinHandle<()>) {
    let bytes = bytes.into();
    raw_server(move |mut stream| {
        let bytes = bytes.clone();
        async move {
            read_head(&mut stream).await;
            // The client may have enough before all of it is sent.
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
    })
    .await
}

pub(super) async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte).await, Ok(1)) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// An address of the loopback interface at which nothing listens.
pub(super) async fn dead_url() -> String {
    let (listener, url) = listen().await;
    drop(listener);
    url
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}
