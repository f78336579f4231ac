//! The table of faults that every read of a client must survive: `assets/faults.toml`, one row each.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::{Fault, Kind, Strikes};

/// Where a row can strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reads {
    /// Every read.
    Any,
    /// Lists, not single objects.
    List,
    /// The list of users only: it is what the simulated org can page at once, or what the fault is about.
    Users,
    /// The System Log only.
    Log,
    /// No read: the row is about the answers to changes.
    None,
}

/// What becomes of a good client's read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is waited out, repeated or seen through: the read is complete in the end.
    Complete,
    /// The read ends without being complete, and says why.
    Partial,
    /// Nobody can notice: the read counts as complete, and still nothing may be archived for what was missing in it.
    Unnoticed,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// What it is ordered by.
    pub name: String,
    /// What it is, in a sentence.
    pub says: String,
    /// What goes wrong.
    pub kind: Kind,
    /// Where it can strike.
    pub reads: Reads,
    /// Whether a change that was asked for has happened when it strikes; by itself as [`Kind::strikes`] says.
    strikes: Option<Strikes>,
    /// What becomes of a good client's read.
    pub verdict: Verdict,
    /// Words of the reason that a good client gives for a read that is not complete.
    #[serde(default)]
    pub why: String,
    /// What becomes of a poll of the log, when it is something else.
    pub log_verdict: Option<Verdict>,
    /// What becomes of the read of a single object, when it is something else.
    pub object_verdict: Option<Verdict>,
    /// How often it strikes when nobody says.
    #[serde(default = "super::once")]
    pub count: u64,
    /// Whether it needs a socket: without one there is nothing to break.
    #[serde(default)]
    pub socket: bool,
    /// Whether it takes long.
    #[serde(default)]
    pub slow: bool,
    status: Option<u16>,
    millis: Option<u64>,
    reset_secs: Option<i64>,
    #[serde(default)]
    bare: bool,
    retry_after_secs: Option<u64>,
}

impl Row {
    /// Whether a change that was asked for has happened when it strikes.
    pub fn strikes(&self) -> Strikes {
        self.strikes.unwrap_or_else(|| self.kind.strikes())
    }

    /// The misfortune that this row stands for, anywhere.
    pub fn fault(&self) -> Fault {
        let plain = Fault::of(self.kind);
        Fault {
            count: self.count,
            strikes: self.strikes(),
            status: self.status.unwrap_or(plain.status),
            millis: self.millis.unwrap_or(plain.millis),
            reset_secs: self.reset_secs.unwrap_or(plain.reset_secs),
            bare: self.bare,
            retry_after_secs: self.retry_after_secs,
            ..plain
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    row: Vec<Row>,
}

/// Every row.
pub fn all() -> &'static [Row] {
    static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
        let table: Table = toml::from_str(include_str!("../../../assets/faults.toml"))
            .expect("the table of faults is tested to be well-formed");
        table.row
    });
    &TABLE
}

/// The row of this name.
pub fn named(name: &str) -> Option<&'static Row> {
    all().iter().find(|row| row.name == name)
}

/// What is said about a name that no row has.
pub fn unknown(name: &str) -> String {
    let names: Vec<&str> = all().iter().map(|row| row.name.as_str()).collect();
    format!(
        "there is no fault {name:?}; there are: {}",
        names.join(", ")
    )
}

/// One row, ordered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The row's name.
    row: String,
    /// Where, as [`Fault::path`]; everywhere when it is not given.
    #[serde(default)]
    path: String,
    /// Only requests of this method, as [`Fault::method`].
    #[serde(default)]
    method: String,
    /// How often; as often as the row says when it is not given.
    count: Option<u64>,
    /// How many matching requests are left alone first.
    #[serde(default)]
    after: u64,
    /// Strikes only every so many matching requests.
    #[serde(default = "super::once")]
    every: u64,
}

impl Order {
    /// The misfortune that is ordered.
    ///
    /// # Errors
    /// A sentence with the names that there are, when there is no such row.
    pub fn fault(self) -> Result<Fault, String> {
        let row = named(&self.row).ok_or_else(|| unknown(&self.row))?;
        let fault = row.fault();
        Ok(Fault {
            count: self.count.unwrap_or(fault.count),
            path: self.path,
            method: self.method,
            after: self.after,
            every: self.every,
            ..fault
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_has_a_name_of_its_own_a_sentence_and_a_reason_where_one_is_due() {
        let mut names = BTreeSet::new();
        for row in all() {
            assert!(names.insert(&row.name), "{} twice", row.name);
            assert!(row.says.ends_with('.'), "{}", row.name);
            let partial = row.verdict == Verdict::Partial;
            assert_eq!(partial, !row.why.is_empty(), "{}", row.name);
            assert!(row.count > 0, "{}", row.name);
            // There is no answer to break before there is one.
            let late = row.strikes() == Strikes::After;
            assert!(late || row.kind.is_answered_instead(), "{}", row.name);
        }
        assert!(names.len() >= 45, "{}", names.len());
    }

    #[test]
    fn a_row_is_ordered_by_name() {
        let order: Order = serde_json::from_str(
            r#"{"row": "503-with-retry-after", "path": "/api/v1/users", "count": 2}"#,
        )
        .unwrap();
        let fault = order.fault().unwrap();
        assert_eq!(
            (fault.kind, fault.status, fault.count),
            (Kind::ServerError, 503, 2)
        );
        assert!(fault.retry_after_secs.is_some());
        let unknown: Order = serde_json::from_str(r#"{"row": "gremlins"}"#).unwrap();
        assert!(unknown.fault().unwrap_err().contains("429-with-reset"));
    }
}
