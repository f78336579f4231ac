//! The real program against the real simulator: processes, sockets and files, as a user has them. Every process that a test starts
//! is ended with the value that stands for it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The program under test: the one that was built with the tests, or the one that `OKTOP_BIN` names.
pub(crate) fn oktop() -> OsString {
    std::env::var_os("OKTOP_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_oktop").into())
}

/// A simulated org in a process of its own.
pub(crate) struct Sim {
    child: Child,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Sim {
    /// A small org in which nothing happens by itself.
    pub(crate) fn that_stands_still() -> Self {
        Self::start(&[
            "--users",
            "60",
            "--groups",
            "8",
            "--apps",
            "4",
            "--events",
            "200",
            "--days",
            "1",
            "--live",
            "off",
            "--rate-limits",
            "off",
        ])
    }

    /// Starts one on a free port of the loopback interface.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(oktop());
        command
            .args(["sim", "--listen", "127.0.0.1:0"])
            .args(arguments);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value =
            serde_json::from_str(&line).unwrap_or_else(|e| panic!("no ready line: {e}: {line:?}"));
        let text = |key: &str| ready[key].as_str().unwrap().to_owned();
        Self {
            child,
            url: text("url"),
            token: text("token"),
        }
    }

    /// Asks the simulator something below `/sim/v1/`.
    pub(crate) fn ask(&self, path: &str) -> Value {
        http(
            reqwest::Method::GET,
            &format!("{}/sim/v1/{path}", self.url),
            None,
        )
    }

    /// Tells the simulator something below `/sim/v1/`.
    pub(crate) fn tell(&self, path: &str, body: &Value) -> Value {
        http(
            reqwest::Method::POST,
            &format!("{}/sim/v1/{path}", self.url),
            Some(body),
        )
    }

    /// Takes back every fault that was ordered.
    pub(crate) fn forget_faults(&self) {
        http(
            reqwest::Method::DELETE,
            &format!("{}/sim/v1/faults", self.url),
            None,
        );
    }

    /// What the org answers whoever asks as this home does; `path` is Okta's.
    pub(crate) fn okta(&self, home: &Home, path: &str) -> Value {
        let url = format!("{}{path}", self.url);
        http_as(reqwest::Method::GET, &url, None, Some(&home.token))
    }

    /// What somebody with that API token has the org do; `path` is Okta's.
    pub(crate) fn okta_by(
        &self,
        token: &str,
        method: reqwest::Method,
        path: &str,
        body: &Value,
    ) -> Value {
        let url = format!("{}{path}", self.url);
        http_as(method, &url, Some(body), Some(token))
    }

    /// Requests that Okta's own paths have served.
    pub(crate) fn requests(&self) -> u64 {
        self.ask("requests")["total"].as_u64().unwrap()
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn http(method: reqwest::Method, url: &str, body: Option<&Value>) -> Value {
    http_as(method, url, body, None)
}

fn http_as(method: reqwest::Method, url: &str, body: Option<&Value>, token: Option<&str>) -> Value {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut request = reqwest::Client::builder()
            .no_proxy()
            .build()
            .unwrap()
            .request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(token) = token {
            request = request.header("Authorization", format!("SSWS {token}"));
        }
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{url}: {status}: {text}");
        if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap()
        }
    })
}

/// A user's home with a data directory, and what it takes to run oktop there. The agent in it is ended with it.
pub(crate) struct Home {
    dir: tempfile::TempDir,
    url: String,
    /// The credential that oktop is given; a test may put another one here.
    pub(crate) token: String,
}

impl Home {
    pub(crate) fn new(sim: &Sim) -> Self {
        Self::at(&sim.url, &sim.token)
    }

    /// A home for whatever answers at this address.
    pub(crate) fn at(url: &str, token: &str) -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            url: url.to_owned(),
            token: token.to_owned(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// `oktop` with these arguments, in an environment that holds nothing of the machine's own user.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(oktop());
        command
            .env_clear()
            .envs(self.environment())
            .stdin(Stdio::null());
        command
            .arg("--data-dir")
            .arg(self.data_dir())
            .args(arguments);
        command
    }

    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        let home = self.dir.path().display().to_string();
        let mut environment: BTreeMap<String, String> = [
            ("HOME", home.clone()),
            ("XDG_CONFIG_HOME", format!("{home}/config")),
            ("XDG_DATA_HOME", format!("{home}/share")),
            ("XDG_STATE_HOME", format!("{home}/state")),
            ("OKTOP_ORG_URL", self.url.clone()),
            ("OKTOP_API_TOKEN", self.token.clone()),
            ("LC_ALL", "C.UTF-8".into()),
            ("TERM", "xterm-256color".into()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        environment.extend(std::env::var("PATH").map(|path| ("PATH".to_owned(), path)));
        environment
    }

    /// Runs `oktop` to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs `oktop … -o json` and reads what it prints; it must succeed.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["-o", "json"]].concat());
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "oktop {arguments:?}: {}: {words}",
            output.status
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The process id of the agent, when one is running.
    pub(crate) fn agent_pid(&self) -> Option<u32> {
        let card = std::fs::read(self.data_dir().join("agent.json")).ok()?;
        let card: Value = serde_json::from_slice(&card).ok()?;
        u32::try_from(card["pid"].as_u64()?).ok()
    }

    /// `kill -9` of the agent, and waiting until it is gone.
    pub(crate) fn kill_agent(&self) -> bool {
        let Some(pid) = self.agent_pid() else {
            return false;
        };
        let killed = Command::new("kill")
            .args(["-9", &pid.to_string()])
            .stderr(Stdio::null())
            .status()
            .unwrap();
        until("the agent is gone", Duration::from_mins(1), || {
            !is_alive(pid)
        });
        killed.success()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.kill_agent();
    }
}

/// Whether a process lives. A zombie whose parent has not looked yet does not.
pub(crate) fn is_alive(pid: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    stat.rsplit_once(')')
        .is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

/// Waits until `holds`, looking again every few milliseconds; fails after `limit`.
pub(crate) fn until(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !holds() {
        assert!(
            Instant::now() < deadline,
            "waited {limit:?} in vain: {what}"
        );
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// The ids in a JSON list of strings or of objects with an `id`.
pub(crate) fn ids(list: &Value) -> BTreeSet<String> {
    let id = |one: &Value| {
        one.as_str()
            .or_else(|| one["id"].as_str())
            .unwrap_or_else(|| panic!("{one}"))
            .to_owned()
    };
    list.as_array()
        .unwrap_or_else(|| panic!("not a list: {list}"))
        .iter()
        .map(id)
        .collect()
}
