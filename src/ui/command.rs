//! The one table of commands: names, keys and words. It feeds the keys, help, the palette, the hints and the manual.

use std::fmt::Write as _;

use super::copy::Copy;
use super::keymap::{Keymap, View};
use crate::domain::entry::EntryKind;

/// A command of the console.
#[derive(Debug)]
pub struct Command {
    /// What it does, for the program.
    pub id: Id,
    /// Its name after `:`.
    pub name: &'static str,
    /// Other names after `:`.
    pub aliases: &'static [&'static str],
    /// Its keys unless somebody wants others, each as [`keymap`](super::keymap) reads them; a space separates keys pressed one after the
    /// other.
    pub keys: &'static [&'static str],
    /// What follows the name after `:`, such as `[FILTER]`; empty when nothing does.
    pub argument: &'static str,
    /// What it does, in a sentence without a full stop; keys of other commands as [`Keymap::told`] puts them in.
    pub doc: &'static str,
    /// Its word on the line of hints; empty when it is not hinted at.
    pub hint: &'static str,
    /// Where it belongs in help.
    pub group: Group,
}

/// The parts of help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Moving the cursor.
    Move,
    /// Opening things and coming back.
    Go,
    /// Lists of everything beside users, groups, apps and events.
    Other,
    /// Filters, order, what is listed.
    List,
    /// The log.
    Log,
    /// What is changed in Okta.
    Change,
    /// The rest.
    Console,
}

impl Group {
    /// All groups, in the order of help.
    pub const ALL: [Self; 7] = [
        Self::Go,
        Self::List,
        Self::Log,
        Self::Change,
        Self::Move,
        Self::Console,
        Self::Other,
    ];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Move => "Moving",
            Self::Go => "Opening and coming back",
            Self::Other => "Other lists",
            Self::List => "Lists",
            Self::Log => "Log",
            Self::Change => "Changes",
            Self::Console => "Console",
        }
    }
}

/// What a command does, for the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is documented by its row of the table")]
pub enum Id {
    Open,
    Back,
    Leave,
    Log,
    Users,
    Groups,
    Apps,
    Entries(EntryKind),
    More,
    Admins,
    Why,
    Access,
    AsOf,
    Changes,
    Tab,
    NextPane,
    PreviousPane,
    HistoryBack,
    HistoryForward,
    Raw,
    Events,
    Jump,
    Address,
    Session,
    RootSession,
    Device,
    Network,
    Logons,
    Filter,
    NextMatch,
    PreviousMatch,
    Keep,
    Drop,
    Only,
    Clauses,
    ToggleClauses,
    Facets,
    Columns,
    Save,
    Saved,
    Forget,
    Mark,
    MarkRange,
    MarkAll,
    Sort,
    Archived,
    ToggleDetail,
    Zoom,
    Copy(Copy),
    Export,
    Follow,
    Pause,
    Histogram,
    Times,
    Zone,
    Hunt,
    Surrounding,
    Fold,
    Unfold,
    NextNotable,
    PreviousNotable,
    Up,
    Down,
    Left,
    Right,
    Top,
    Bottom,
    HalfUp,
    HalfDown,
    PageUp,
    PageDown,
    Act,
    Queue,
    Write,
    Run,
    DryRun,
    Unstage,
    UnstagePlan,
    TakeBack,
    TakeBackPlan,
    Again,
    SayDone,
    SayNotDone,
    Secret,
    Halt,
    Resume,
    Refresh,
    SyncNow,
    Palette,
    Help,
    Messages,
    Repaint,
    Mask,
    Screendump,
    Reload,
    Info,
    Suspend,
    Quit,
}

/// A list of entries that can be shown.
const fn entries(
    kind: EntryKind,
    name: &'static str,
    aliases: &'static [&'static str],
    doc: &'static str,
) -> Command {
    command(Id::Entries(kind), name, &[], Group::Other, doc)
        .aliases(aliases)
        .argument("[FILTER]")
}

const fn command(
    id: Id,
    name: &'static str,
    keys: &'static [&'static str],
    group: Group,
    doc: &'static str,
) -> Command {
    Command {
        id,
        name,
        aliases: &[],
        keys,
        argument: "",
        doc,
        hint: "",
        group,
    }
}

impl Command {
    const fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    const fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    const fn argument(self, argument: &'static str) -> Self {
        Self { argument, ..self }
    }
}

/// Every command. Those with the same key are told apart by where they apply; the first that applies wins.
pub static TABLE: &[Command] = &[
    command(
        Id::Unfold,
        "unfold",
        &["enter", "o"],
        Group::Log,
        "Show the parts of the folded transaction under the cursor",
    )
    .hint("unfold"),
    command(
        Id::Open,
        "open",
        &["enter"],
        Group::Go,
        "Open what is under the cursor; in JSON, fold or unfold it",
    )
    .hint("open"),
    command(
        Id::Back,
        "back",
        &["esc", "backspace"],
        Group::Go,
        "One step back: the marks, then the filter, then the page",
    )
    .hint("back"),
    command(
        Id::Leave,
        "leave",
        &["q"],
        Group::Go,
        "The same; it ends the console when there is nothing to go back from",
    ),
    command(
        Id::Tab,
        "tab",
        &["1", "2", "3", "4", "5", "6", "7", "8", "9"],
        Group::Go,
        "Open a tab of this page",
    )
    .argument("NUMBER"),
    command(Id::Log, "log", &["1"], Group::Go, "Show the log").argument("[FILTER]"),
    command(Id::Users, "users", &["2"], Group::Go, "Show the users")
        .aliases(&["user"])
        .argument("[FILTER]"),
    command(Id::Groups, "groups", &["3"], Group::Go, "Show the groups")
        .aliases(&["group"])
        .argument("[FILTER]"),
    command(Id::Apps, "apps", &["4"], Group::Go, "Show the apps")
        .aliases(&["app"])
        .argument("[FILTER]"),
    command(
        Id::Admins,
        "admins",
        &["5"],
        Group::Go,
        "Show who holds admin roles, by which path, since when and by whom",
    )
    .aliases(&["admin"])
    .argument("[FILTER]"),
    command(
        Id::More,
        "more",
        &["0", "o"],
        Group::Go,
        "Choose among the other lists: rules, roles, tokens, policies and the rest",
    )
    .hint("more"),
    command(
        Id::NextPane,
        "next",
        &["tab", "."],
        Group::Go,
        "The next pane, or the next tab of a page",
    )
    .hint("next"),
    command(
        Id::PreviousPane,
        "previous",
        &["shift-tab", ","],
        Group::Go,
        "The previous pane, or the previous tab of a page",
    ),
    command(
        Id::HistoryBack,
        "history-back",
        &["H"],
        Group::Go,
        "Where you were before, with its filter and cursor",
    ),
    command(
        Id::HistoryForward,
        "history-forward",
        &["L"],
        Group::Go,
        "Forward again in the history",
    ),
    command(
        Id::Events,
        "events",
        &["e"],
        Group::Go,
        "Events about what is under the cursor",
    )
    .hint("events"),
    command(
        Id::Why,
        "why",
        &["w"],
        Group::Go,
        "Why they have it: every path to the app, group or role under the cursor",
    )
    .hint("why"),
    command(
        Id::Access,
        "access",
        &[],
        Group::Go,
        "What a user has, or who has a group or an app, each by every path",
    )
    .aliases(&["who"]),
    command(
        Id::AsOf,
        "asof",
        &[],
        Group::Go,
        "Look at the lists, the log and access as they were then; now, or Esc, returns",
    )
    .aliases(&["as-of"])
    .argument("TIME|now"),
    command(
        Id::Changes,
        "changes",
        &[],
        Group::Go,
        "What changed since then, by whom where the log says so; of a day by default",
    )
    .argument("[SINCE [UNTIL]]"),
    command(
        Id::Jump,
        "jump",
        &["J"],
        Group::Go,
        "To the user, groups, apps, session, address, device, network, owners or admin paths of what is under the cursor",
    )
    .hint("jump"),
    command(
        Id::Logons,
        "logons",
        &["I"],
        Group::Go,
        "Recent sign-ins by address: who signed in from where, newest first",
    )
    .aliases(&["logins", "sign-ins"])
    .argument("[FILTER]"),
    command(
        Id::Address,
        "ip",
        &[],
        Group::Go,
        "Who used an address or a network, when and for what; of the event at hand by default",
    )
    .aliases(&["address"])
    .argument("[ADDRESS]"),
    command(
        Id::Session,
        "session",
        &[],
        Group::Go,
        "What was done in a session, from where and by whom; of the event at hand by default",
    )
    .argument("[ID]"),
    command(
        Id::RootSession,
        "root-session",
        &[],
        Group::Go,
        "The same for all sessions below a root session",
    )
    .argument("[ID]"),
    command(
        Id::Device,
        "device",
        &[],
        Group::Go,
        "Who used a registered device, when and for what; of the event at hand by default",
    )
    .argument("[ID]"),
    command(
        Id::Network,
        "asn",
        &[],
        Group::Go,
        "Who came from an autonomous system, by its number; of the event at hand by default",
    )
    .aliases(&["network"])
    .argument("[NUMBER]"),
    command(Id::Raw, "raw", &["y"], Group::Go, "Okta's JSON; once more, the same as YAML").hint("json"),
    command(
        Id::Filter,
        "filter",
        &["/"],
        Group::List,
        "Filter as you type; in JSON, search",
    )
    .hint("filter"),
    command(
        Id::NextMatch,
        "next-match",
        &["n"],
        Group::List,
        "In JSON: the next line that has what {key:filter} searched for",
    ),
    command(
        Id::PreviousMatch,
        "previous-match",
        &["N"],
        Group::List,
        "In JSON: the previous such line",
    ),
    command(
        Id::Keep,
        "keep",
        &["+"],
        Group::List,
        "Keep the rows with the value under the cursor",
    )
    .hint("keep"),
    command(
        Id::Drop,
        "drop",
        &["-"],
        Group::List,
        "Leave out the rows with the value under the cursor",
    )
    .hint("drop"),
    command(
        Id::Only,
        "only",
        &["="],
        Group::List,
        "Show the rows with the value under the cursor, whatever was filtered before",
    ),
    command(
        Id::Clauses,
        "clauses",
        &["b"],
        Group::List,
        "The parts of the filter; each can be switched off without losing it",
    )
    .aliases(&["chips"])
    .hint("filters"),
    command(
        Id::ToggleClauses,
        "filter-off",
        &["ctrl-f"],
        Group::List,
        "Switch the whole filter off, or on again",
    ),
    command(
        Id::Facets,
        "facets",
        &["F"],
        Group::List,
        "Count the values of the field under the cursor in what is shown; h and l count another",
    )
    .hint("facets"),
    command(
        Id::Columns,
        "columns",
        &["C"],
        Group::List,
        "Choose the columns, their order, and paths into Okta's JSON as further ones",
    )
    .hint("columns"),
    command(
        Id::Save,
        "save",
        &["S"],
        Group::List,
        "Save this list or log, with its filter and order, under a name",
    )
    .argument("[NAME]")
    .hint("save"),
    command(
        Id::Saved,
        "saved",
        &[],
        Group::List,
        "Choose a saved search; some are built in",
    )
    .aliases(&["searches"])
    .argument("[NAME]"),
    command(
        Id::Forget,
        "forget",
        &[],
        Group::List,
        "Forget a saved search",
    )
    .argument("NAME"),
    command(
        Id::Mark,
        "mark",
        &["space"],
        Group::List,
        "Mark the row under the cursor, or take its mark away",
    )
    .hint("mark"),
    command(
        Id::MarkRange,
        "mark-range",
        &["v"],
        Group::List,
        "Begin a range of marks here, or end it here",
    ),
    command(
        Id::MarkAll,
        "mark-all",
        &["*"],
        Group::List,
        "Mark everything that passes the filter, up to 1,000 rows",
    ),
    command(
        Id::Sort,
        "sort",
        &["s"],
        Group::List,
        "Choose the order; the same again turns it round",
    )
    .hint("sort"),
    command(
        Id::Archived,
        "archived",
        &["A"],
        Group::List,
        "List what Okta no longer has, too, or stop doing so",
    ),
    command(
        Id::ToggleDetail,
        "detail",
        &["d"],
        Group::List,
        "Show or hide the detail beside or below the list",
    )
    .hint("detail"),
    command(
        Id::Zoom,
        "zoom",
        &["z"],
        Group::List,
        "Give the pane the whole screen, or take it back",
    )
    .hint("zoom"),
    command(
        Id::Copy(Copy::Cell),
        "copy-cell",
        &["c c"],
        Group::List,
        "Copy the cell under the cursor to the clipboard of your terminal; of marked rows, all of them",
    ),
    command(
        Id::Copy(Copy::Id),
        "copy-id",
        &["c i"],
        Group::List,
        "Copy the id, or those of all marked rows",
    )
    .hint("copy"),
    command(
        Id::Copy(Copy::Row),
        "copy-row",
        &["c r"],
        Group::List,
        "Copy the row as it is shown, its cells with tabs between them",
    ),
    command(
        Id::Copy(Copy::Json),
        "copy-json",
        &["c j"],
        Group::List,
        "Copy Okta's JSON",
    ),
    command(
        Id::Copy(Copy::Link),
        "copy-link",
        &["c l"],
        Group::List,
        "Copy the address of its page in the Admin Console",
    ),
    command(
        Id::Copy(Copy::Markdown),
        "copy-markdown",
        &["c m"],
        Group::List,
        "Copy the row as a table in Markdown",
    ),
    command(
        Id::Copy(Copy::Curl),
        "copy-curl",
        &["c u"],
        Group::List,
        "Copy a curl command that asks Okta for it; it names the token's variable and holds no secret",
    ),
    command(
        Id::Copy(Copy::Path),
        "copy-path",
        &["c p"],
        Group::List,
        "Copy where the value under the cursor stands in Okta's JSON, such as profile.login; C takes it as a column",
    ),
    command(
        Id::Export,
        "export",
        &["E"],
        Group::List,
        "Write all rows that pass the filter, or those that are marked, to a new file (.csv, .ndjson, .json, .md), with a manifest beside it",
    )
    .argument("[FILE|stop]")
    .hint("export"),
    command(
        Id::Follow,
        "follow",
        &["f"],
        Group::Log,
        "Follow the newest events, or let go",
    )
    .hint("follow"),
    command(
        Id::Pause,
        "pause",
        &["p"],
        Group::Log,
        "Freeze the picture, or let it live; the sync goes on",
    )
    .hint("pause"),
    command(
        Id::Histogram,
        "histogram",
        &["i"],
        Group::Log,
        "Bars of events over time by outcome; h and l choose one, Enter shows its times, + and - zoom",
    )
    .hint("chart"),
    command(
        Id::Times,
        "time",
        &["t"],
        Group::Log,
        "Choose the time range: the last 15m to 7d, around this event, or typed",
    )
    .argument("[RANGE]")
    .hint("time"),
    command(
        Id::Zone,
        "zone",
        &["T"],
        Group::Log,
        "Tell times in UTC, in this machine's zone, or in that of the event's actor",
    )
    .argument("[utc|local|actor]"),
    command(
        Id::Hunt,
        "hunt",
        &[],
        Group::Log,
        "Ask Okta itself about a user, ip, session or target; what it costs is told before",
    )
    .argument("KIND X [RANGE]"),
    command(
        Id::Surrounding,
        "surrounding",
        &["O"],
        Group::Log,
        "The whole log around this event, with the cursor on it; {key:history-back} comes back to the filter",
    )
    .aliases(&["around"])
    .hint("around"),
    command(
        Id::Fold,
        "fold",
        &["Z"],
        Group::Log,
        "One line for each transaction, with the number of its events and the worst outcome",
    ),
    command(
        Id::NextNotable,
        "next-notable",
        &["w"],
        Group::Log,
        "The next event marked with !, also among those that are not loaded",
    )
    .hint("next !"),
    command(
        Id::PreviousNotable,
        "previous-notable",
        &["W"],
        Group::Log,
        "The previous event marked with !, also among those that are not loaded",
    ),
    command(Id::Up, "up", &["k", "up"], Group::Move, "One up"),
    command(Id::Down, "down", &["j", "down"], Group::Move, "One down"),
    command(
        Id::Left,
        "left",
        &["h", "left"],
        Group::Move,
        "To the column on the left; in JSON, fold it or go to what it is in",
    ),
    command(
        Id::Right,
        "right",
        &["l", "right"],
        Group::Move,
        "To the column on the right, also to one that has no room yet; in JSON, unfold",
    ),
    command(
        Id::Top,
        "top",
        &["g g", "home"],
        Group::Move,
        "To the beginning",
    ),
    command(
        Id::Bottom,
        "bottom",
        &["G", "end"],
        Group::Move,
        "To the end; in the log to the newest event, and follow",
    ),
    command(
        Id::HalfUp,
        "half-up",
        &["ctrl-u"],
        Group::Move,
        "Half a screen up",
    ),
    command(
        Id::HalfDown,
        "half-down",
        &["ctrl-d"],
        Group::Move,
        "Half a screen down",
    ),
    command(Id::PageUp, "page-up", &["pgup"], Group::Move, "A screen up"),
    command(
        Id::PageDown,
        "page-down",
        &["pgdn", "space"],
        Group::Move,
        "A screen down",
    ),
    command(
        Id::Act,
        "act",
        &["a"],
        Group::Change,
        "Choose a change for what is under the cursor, or for all marked rows; it is staged, and shown before anything is sent",
    )
    .hint("act"),
    command(
        Id::Queue,
        "queue",
        &["6"],
        Group::Change,
        "Show the queue: what is staged, under way, done, failed or not known",
    )
    .hint("queue"),
    command(
        Id::Write,
        "write",
        &[],
        Group::Change,
        "Let changes be confirmed for 1m to 60m, with a reason that goes into the journal; off ends it",
    )
    .argument("[TIME REASON|off]"),
    command(
        Id::Run,
        "run",
        &["x"],
        Group::Change,
        "In the queue: show the plan under the cursor to be confirmed",
    )
    .hint("confirm"),
    command(
        Id::DryRun,
        "dry-run",
        &["t"],
        Group::Change,
        "In the queue: read again what the plan under the cursor rests on, and tell what would be sent; nothing is",
    )
    .hint("dry run"),
    command(
        Id::Unstage,
        "unstage",
        &["d"],
        Group::Change,
        "In the queue: take the change under the cursor out, unless it was sent",
    )
    .hint("drop"),
    command(
        Id::UnstagePlan,
        "unstage-plan",
        &["D"],
        Group::Change,
        "In the queue: take all of its plan out that was not sent",
    ),
    command(
        Id::TakeBack,
        "undo",
        &["u"],
        Group::Change,
        "In the queue: stage the change that takes the one under the cursor back",
    )
    .hint("undo"),
    command(
        Id::TakeBackPlan,
        "undo-plan",
        &["U"],
        Group::Change,
        "In the queue: stage the changes that take its plan back",
    ),
    command(
        Id::Again,
        "retry",
        &["r"],
        Group::Change,
        "In the queue: stage what failed or had no effect once more",
    )
    .hint("retry"),
    command(
        Id::SayDone,
        "say-done",
        &["+"],
        Group::Change,
        "In the queue: say that a change was done which nobody could find out, and how you know",
    )
    .hint("done"),
    command(
        Id::SayNotDone,
        "say-not-done",
        &["-"],
        Group::Change,
        "In the queue: say that it was not done",
    )
    .hint("not done"),
    command(
        Id::Secret,
        "secret",
        &["s"],
        Group::Change,
        "In the queue: show once what Okta sent back: a temporary password, a link",
    )
    .hint("secret"),
    command(
        Id::Halt,
        "halt",
        &["ctrl-k"],
        Group::Change,
        "Send nothing more, at once; what is under way ends",
    )
    .argument("[REASON]")
    .hint("halt"),
    command(
        Id::Resume,
        "resume",
        &[],
        Group::Change,
        "Go on after a halt; what was confirmed before it is confirmed again",
    ),
    command(
        Id::Refresh,
        "refresh",
        &["R"],
        Group::Console,
        "Read what is shown from Okta now",
    )
    .hint("refresh"),
    command(
        Id::SyncNow,
        "sync",
        &[],
        Group::Console,
        "Read a resource from Okta now, or all of them (`:sync now`)",
    )
    .argument("now|RESOURCE"),
    command(
        Id::Palette,
        "palette",
        &[":"],
        Group::Console,
        "Type a command",
    )
    .hint("cmd"),
    command(
        Id::Help,
        "help",
        &["?", "f1"],
        Group::Console,
        "This help; type to search it, Enter runs",
    )
    .hint("help"),
    command(
        Id::Messages,
        "messages",
        &["!"],
        Group::Console,
        "All messages and errors so far",
    ),
    command(
        Id::Repaint,
        "repaint",
        &["ctrl-l"],
        Group::Console,
        "Paint the screen anew",
    ),
    command(
        Id::Mask,
        "mask",
        &["P"],
        Group::Console,
        "Show pseudonyms in place of people, their addresses and devices, or no longer",
    )
    .aliases(&["privacy"]),
    command(
        Id::Screendump,
        "screendump",
        &[],
        Group::Console,
        "Write the screen to a new file: .svg, .html, or text",
    )
    .argument("[FILE]"),
    command(
        Id::Reload,
        "reload",
        &[],
        Group::Console,
        "Read the configuration again; it is looked at every second, and a mistake leaves all as it was",
    ),
    command(
        Id::Info,
        "info",
        &[],
        Group::Console,
        "Versions and paths, as `oktop info` tells them",
    )
    .aliases(&["version"]),
    command(
        Id::Suspend,
        "suspend",
        &["ctrl-z"],
        Group::Console,
        "Back to the shell; fg returns",
    ),
    command(
        Id::Quit,
        "quit",
        &[],
        Group::Console,
        "End the console; the sync goes on without it",
    )
    .aliases(&["q", "q!", "qa", "wq", "x", "exit"]),
    entries(
        EntryKind::GroupRule,
        "rules",
        &["group-rules"],
        "Group rules",
    ),
    entries(
        EntryKind::GroupOwner,
        "owners",
        &["group-owners"],
        "Owners of groups that hold admin roles",
    ),
    entries(
        EntryKind::UserRole,
        "user-roles",
        &[],
        "Admin roles that users hold",
    ),
    entries(
        EntryKind::GroupRole,
        "group-roles",
        &[],
        "Admin roles that groups hold",
    ),
    entries(
        EntryKind::ClientRole,
        "client-roles",
        &[],
        "Admin roles that OAuth clients hold",
    ),
    entries(
        EntryKind::Admin,
        "assignees",
        &["role-assignees"],
        "Users with any admin role, as Okta lists them",
    ),
    entries(
        EntryKind::Role,
        "roles",
        &["custom-roles"],
        "Custom admin roles",
    ),
    entries(
        EntryKind::RolePermission,
        "permissions",
        &[],
        "Permissions of custom roles",
    ),
    entries(
        EntryKind::ResourceSet,
        "sets",
        &["resource-sets"],
        "Resource sets that custom roles are bound to",
    ),
    entries(
        EntryKind::Binding,
        "bindings",
        &[],
        "Custom roles bound to resource sets",
    ),
    entries(
        EntryKind::BindingMember,
        "binding-members",
        &[],
        "Who holds a bound custom role",
    ),
    entries(
        EntryKind::SetResource,
        "set-resources",
        &[],
        "What resource sets hold",
    ),
    entries(
        EntryKind::Idp,
        "idps",
        &["identity-providers"],
        "Identity providers",
    ),
    entries(
        EntryKind::ApiToken,
        "tokens",
        &["api-tokens"],
        "API tokens, with owner and last use",
    ),
    entries(
        EntryKind::Client,
        "clients",
        &["oauth-clients"],
        "OAuth clients",
    ),
    entries(
        EntryKind::ClientSecret,
        "secrets",
        &["client-secrets"],
        "Secrets of OAuth clients and their age, never the secret",
    ),
    entries(
        EntryKind::ClientKey,
        "keys",
        &["client-keys"],
        "Public keys of OAuth clients",
    ),
    entries(
        EntryKind::ClientGrant,
        "grants",
        &["client-grants"],
        "Scopes granted to OAuth clients",
    ),
    entries(EntryKind::Policy, "policies", &[], "Policies of every type"),
    entries(
        EntryKind::PolicyRule,
        "policy-rules",
        &[],
        "Rules of policies",
    ),
    entries(
        EntryKind::PolicyMapping,
        "policy-apps",
        &["mappings"],
        "Apps that policies apply to",
    ),
    entries(
        EntryKind::Zone,
        "zones",
        &["network-zones"],
        "Network zones",
    ),
    entries(EntryKind::Device, "devices", &[], "Devices"),
    entries(
        EntryKind::Authenticator,
        "authenticators",
        &[],
        "Ways to authenticate that the org offers",
    ),
    entries(
        EntryKind::Factor,
        "factors",
        &["enrolments"],
        "Enrolled factors of admins and of users that were looked at",
    ),
    entries(
        EntryKind::Behavior,
        "behaviors",
        &["behaviours"],
        "Behaviour detection rules",
    ),
    entries(
        EntryKind::EventHook,
        "hooks",
        &["event-hooks"],
        "Event hooks",
    ),
    entries(EntryKind::InlineHook, "inline-hooks", &[], "Inline hooks"),
    entries(
        EntryKind::LogStream,
        "logstreams",
        &["log-streams", "streams"],
        "Log streams",
    ),
    entries(
        EntryKind::TrustedOrigin,
        "origins",
        &["trusted-origins"],
        "Trusted origins",
    ),
    entries(
        EntryKind::PushMapping,
        "push",
        &["push-mappings"],
        "Groups that are pushed to apps",
    ),
    entries(EntryKind::UserType, "types", &["user-types"], "User types"),
    entries(
        EntryKind::UserSchema,
        "schemas",
        &["user-schemas"],
        "User schemas",
    ),
    entries(
        EntryKind::GroupSchema,
        "group-schema",
        &[],
        "The group schema",
    ),
    entries(
        EntryKind::OrgSetting,
        "settings",
        &["org-settings"],
        "Settings of the org, support access among them",
    ),
    entries(EntryKind::Feature, "features", &[], "Features of the org"),
];

/// The row of a command.
///
/// # Panics
/// Never: a test sees that every command has its row.
pub fn of(id: Id) -> &'static Command {
    TABLE
        .iter()
        .find(|command| command.id == id)
        .expect("every command has a row in the table")
}

/// What is on the screen where the keys go, as far as commands depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own; they do not make up one state"
)]
pub struct Situation {
    /// What has the keys.
    pub place: Place,
    /// Whether a page is open above the panes.
    pub in_page: bool,
    /// Whether the screen is wide enough for more than one thing.
    pub wide: bool,
    /// How many tabs the page has; 0 without one.
    pub tabs: usize,
    /// Whether something is under the cursor: a row, or a link in a text.
    pub has_row: bool,
    /// Whether a folded transaction is under the cursor.
    pub on_fold: bool,
    /// Whether there is a filter to clear.
    pub filtered: bool,
    /// Why no value is under the cursor that could be filtered by; `None` when one is.
    pub no_value: Option<&'static str>,
    /// Whether rows are marked, or a range of marks is begun.
    pub marked: bool,
    /// Whether it can be asked why what is under the cursor is in its list.
    pub has_why: bool,
    /// Whether there is anything that has somewhere to jump to.
    pub has_jumps: bool,
    /// What the change under the cursor of the queue can still become.
    pub change: Option<Standing>,
    /// Whether a moment of the past is looked at.
    pub in_past: bool,
    /// Whether the history has something before this.
    pub has_past: bool,
    /// Whether the history has something after this.
    pub has_future: bool,
    /// Whether the agent can be asked.
    pub connected: bool,
    /// Whether Okta's JSON is shown, and what is searched for in it.
    pub raw: Option<Searched>,
}

/// What a change of the queue can still become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own; they do not make up one state"
)]
pub struct Standing {
    /// Whether its plan has something that waits for a confirmation.
    pub waits: bool,
    /// Whether it was not sent yet.
    pub unsent: bool,
    /// Whether it was done.
    pub done: bool,
    /// Whether it ended without having been done.
    pub failed: bool,
    /// Whether a person has to decide about it.
    pub needs_human: bool,
}

impl Standing {
    /// All of it at once, as no change is: for whoever asks what could ever be.
    pub const ANY: Self = Self {
        waits: true,
        unsent: true,
        done: true,
        failed: true,
        needs_human: true,
    };
}

/// Whether something is searched for in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Searched {
    /// Nothing is.
    Nothing,
    /// Something is.
    Something,
}

/// What has the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A list of anything but events.
    List,
    /// Events.
    Log,
    /// The text of a page about something that the mirror keeps.
    ObjectText,
    /// The text of an event's page.
    EventText,
    /// The text of a page about an address, a session, a device or a network.
    TraceText,
    /// The queue of changes.
    Queue,
}

/// Whether a command acts on the row under the cursor.
pub fn acts_on_row(id: Id) -> bool {
    matches!(
        id,
        Id::Open
            | Id::Unfold
            | Id::Surrounding
            | Id::Why
            | Id::Access
            | Id::Events
            | Id::Jump
            | Id::Raw
            | Id::Copy(_)
            | Id::NextNotable
            | Id::PreviousNotable
            | Id::Keep
            | Id::Drop
            | Id::Only
            | Id::Mark
            | Id::MarkRange
            | Id::Act
    )
}

/// Whether a command moves the cursor from row to row.
pub fn moves(id: Id) -> bool {
    of(id).group == Group::Move && !matches!(id, Id::Left | Id::Right)
}

/// What there is to say of a command as one about changes, or in the queue.
enum OfChanges {
    /// It is not about that.
    Nothing,
    /// It is, and fits; or why not.
    Said(Option<&'static str>),
}

fn refusal_of_change(id: Id, now: &Situation) -> OfChanges {
    let of = |is: fn(&Standing) -> bool, why: &'static str| match &now.change {
        None => Some("nothing is under the cursor"),
        Some(standing) if is(standing) => None,
        Some(_) => Some(why),
    };
    let in_queue = now.place == Place::Queue;
    let asks_agent = matches!(id, Id::Act | Id::Halt | Id::Resume);
    OfChanges::Said(match id {
        _ if asks_agent && !now.connected => Some("the agent cannot be asked now"),
        Id::Act if now.in_past => Some("the past cannot be changed; :asof now returns"),
        Id::Queue if in_queue => Some("this is the queue"),
        Id::Run
        | Id::DryRun
        | Id::Unstage
        | Id::UnstagePlan
        | Id::TakeBack
        | Id::TakeBackPlan
        | Id::Again
        | Id::SayDone
        | Id::SayNotDone
        | Id::Secret
            if !in_queue =>
        {
            Some("only the queue has that; {key:queue} shows it")
        }
        Id::Run => of(|it| it.waits, "nothing of its plan waits to be confirmed"),
        Id::DryRun if !now.connected => Some("the agent cannot be asked now"),
        Id::DryRun => of(|it| it.waits, "nothing of its plan waits to be sent"),
        Id::Unstage => of(|it| it.unsent, "it was sent, or has ended"),
        Id::TakeBack => of(|it| it.done, "only what was done is taken back"),
        Id::Again => of(|it| it.failed, "only what came to nothing is made again"),
        Id::SayDone | Id::SayNotDone => of(
            |it| it.needs_human,
            "only what nobody could find out is decided so",
        ),
        Id::UnstagePlan | Id::TakeBackPlan | Id::Secret => of(|_| true, ""),
        _ if in_queue && !is_of_queue(id) => Some("the queue has no use for it"),
        _ => return OfChanges::Nothing,
    })
}

/// Whether a command that is not about changes is of use in the queue, too.
fn is_of_queue(id: Id) -> bool {
    match of(id).group {
        Group::Change => true,
        Group::Move => !matches!(id, Id::Left | Id::Right),
        Group::Console => id != Id::SyncNow,
        Group::Other => true,
        Group::Go => !matches!(id, Id::Tab | Id::Raw | Id::Why | Id::Access),
        Group::List => id == Id::Zoom,
        Group::Log => false,
    }
}

/// Why a command cannot be used now; `None` when it can.
pub fn refusal(id: Id, now: &Situation) -> Option<&'static str> {
    let rows = matches!(now.place, Place::List | Place::Log);
    let event = matches!(now.place, Place::Log | Place::EventText);
    let no_row = (rows && !now.has_row).then_some("nothing is under the cursor");
    let no_thing = now.place == Place::ObjectText && now.tabs == 0;
    let trace = now.place == Place::TraceText;
    if let OfChanges::Said(why) = refusal_of_change(id, now) {
        return why;
    }
    match id {
        Id::Act if no_row.is_some() => no_row,
        Id::Act if !now.has_jumps => Some("nothing here can be changed"),
        Id::Open if !rows && !now.has_row && now.raw.is_none() => {
            Some("nothing here leads anywhere")
        }
        Id::Copy(Copy::Path) if now.raw.is_none() => {
            Some("only JSON has paths; {key:raw} shows it")
        }
        Id::Raw | Id::Access if trace => Some("this text is about no one thing"),
        Id::Copy(_) | Id::Raw | Id::Access if no_thing => Some("this text is about no one thing"),
        Id::Access if event => {
            Some("an event has no access; {key:jump} leads to its actor or target")
        }
        Id::Open | Id::Copy(_) | Id::Raw | Id::Events | Id::Access => no_row,
        Id::NextPane | Id::PreviousPane if now.in_page && now.tabs == 0 => {
            Some("this page has no tabs")
        }
        Id::Why if !now.has_why => {
            Some("only an access has a why: a row of somebody's groups, apps or roles")
        }
        Id::Jump if no_row.is_some() => no_row,
        Id::Jump if !now.has_jumps => Some("nothing here leads to users, sessions or addresses"),
        Id::Tab if now.tabs == 0 => Some("only pages have tabs"),
        Id::Keep | Id::Drop | Id::Only => now.no_value,
        Id::Left | Id::Right if !rows && now.raw.is_none() => Some("only tables have columns"),
        Id::Mark | Id::MarkRange | Id::MarkAll if !rows => Some("only rows can be marked"),
        Id::Mark | Id::MarkRange | Id::MarkAll => no_row,
        Id::Clauses | Id::ToggleClauses if !rows => Some("a text cannot be filtered"),
        Id::Clauses | Id::ToggleClauses if !now.filtered => {
            Some("there is no filter; {key:filter} begins one")
        }
        Id::Facets if !rows => Some("only rows can be counted"),
        Id::Facets if !now.connected => Some("the agent cannot be asked now"),
        Id::Columns if !rows => Some("only tables have columns"),
        Id::Export if !rows => Some("only lists and events can be exported"),
        Id::Export if !now.connected => Some("the agent cannot be asked now"),
        Id::Save if !rows => Some("only lists and events can be saved"),
        Id::NextMatch | Id::PreviousMatch => match now.raw {
            None => Some("only JSON is searched; {key:raw} shows it, {key:filter} filters lists"),
            Some(Searched::Nothing) => Some("nothing is searched for; {key:filter} begins"),
            Some(Searched::Something) => None,
        },
        Id::Filter if !rows && now.raw.is_none() => Some("a text cannot be filtered"),
        Id::Sort | Id::Archived if now.place != Place::List => Some("only lists have that"),
        Id::Follow if now.place == Place::Log && now.in_past => {
            Some("the past brings nothing new; :asof now returns")
        }
        Id::Follow
        | Id::Pause
        | Id::Histogram
        | Id::Times
        | Id::Fold
        | Id::NextNotable
        | Id::PreviousNotable
            if now.place != Place::Log =>
        {
            Some("only the log has that")
        }
        Id::Hunt if !now.connected => Some("the agent cannot be asked now"),
        Id::Unfold if !now.on_fold => Some("no folded transaction is under the cursor"),
        Id::Surrounding if !event => Some("only events have surroundings"),
        Id::Surrounding => no_row,
        Id::ToggleDetail if now.in_page => Some("this is the detail"),
        Id::Zoom if !now.wide => Some("it has the whole screen already"),
        Id::HistoryBack if !now.has_past => Some("there is nothing before this"),
        Id::HistoryForward if !now.has_future => Some("there is nothing after this"),
        Id::Refresh | Id::SyncNow if !now.connected => Some("the agent cannot be asked now"),
        _ => None,
    }
}

/// The command of that name, or with it as another one.
pub fn named(name: &str) -> Option<&'static Command> {
    TABLE
        .iter()
        .find(|command| command.name == name || command.aliases.contains(&name))
}

/// Whether the moment tells which of two commands a key means that both have: one of them applies only where the other is not wanted.
pub fn told_apart(one: Id, other: Id) -> bool {
    let pane = |id| {
        matches!(
            id,
            Id::Log | Id::Users | Id::Groups | Id::Apps | Id::Admins | Id::Queue
        )
    };
    let pair = |first: Id, second: Id| match (first, second) {
        (Id::Unfold, Id::Open | Id::More) | (Id::Mark, Id::PageDown) => true,
        (Id::Tab, second) => pane(second),
        _ => false,
    };
    pair(one, other) || pair(other, one)
}

/// The table with these keys, as text for the manual: a line per command with keys, name and words, by group.
pub fn manual(keys: &Keymap) -> String {
    let mut out = String::new();
    for group in Group::ALL {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}", group.title());
        for command in of_group(group) {
            let name = format!(":{} {}", command.name, command.argument);
            let _ = writeln!(
                out,
                "  {:<24} {:<28} {}",
                keys_text(command, keys),
                name.trim_end(),
                keys.told(command.doc, View::Lists)
            );
        }
    }
    out
}

/// The same as tables in Markdown, one per group.
pub fn manual_as_markdown(keys: &Keymap) -> String {
    let groups = Group::ALL.into_iter();
    groups.map(|group| group_as_markdown(group, keys)).collect()
}

/// One group of it.
pub fn group_as_markdown(group: Group, keys: &Keymap) -> String {
    let cell = |text: &str| text.replace('|', "\\|");
    let mut out = format!("\n| {} | | |\n|---|---|---|\n", group.title());
    for command in of_group(group) {
        let texts = keys_text(command, keys);
        let texts = texts.split(", ").filter(|text| !text.is_empty());
        let texts: Vec<String> = texts.map(|text| format!("`{}`", cell(text))).collect();
        let name = format!(":{} {}", command.name, command.argument);
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| {} | `{}` | {} |",
            texts.join(" "),
            cell(name.trim_end()),
            cell(&keys.told(command.doc, View::Lists))
        );
    }
    out
}

fn of_group(group: Group) -> impl Iterator<Item = &'static Command> {
    TABLE.iter().filter(move |command| command.group == group)
}

/// The keys of a command, and those of views where they differ.
fn keys_text(command: &Command, keys: &Keymap) -> String {
    let home = View::ALL.into_iter().find(|view| view.has(command.id));
    let Some(home) = home else {
        return String::new();
    };
    let mut text = keys.text(command.id, home);
    for view in View::ALL {
        let own = keys.text(command.id, view);
        if view != home && view.has(command.id) && own != keys.text(command.id, home) {
            let own = if own.is_empty() { "none" } else { &own };
            let _ = write!(text, "; {}: {own}", view.word());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_every_command_can_be_typed() {
        let mut names = HashSet::new();
        for command in TABLE {
            for name in command.aliases.iter().chain([&command.name]) {
                assert!(names.insert(*name), "{name} twice");
            }
            assert!(
                !command.doc.is_empty() && !command.doc.ends_with('.'),
                "{}",
                command.name
            );
            assert!(
                std::ptr::eq(of(command.id), command),
                "{} has two rows",
                command.name
            );
        }
    }

    #[test]
    fn every_kind_of_entry_can_be_listed() {
        for kind in EntryKind::ALL {
            assert_eq!(of(Id::Entries(*kind)).group, Group::Other);
        }
    }

    #[test]
    fn the_manual_names_every_command() {
        let (text, markdown) = (
            manual(&Keymap::standard()),
            manual_as_markdown(&Keymap::standard()),
        );
        for command in TABLE {
            let name = format!(":{} {}", command.name, command.argument);
            let name = name.trim_end();
            assert!(text.contains(&format!(" {name} ")), "{name}");
            let name = name.replace('|', "\\|");
            assert!(markdown.contains(&format!("`{name}`")), "{name}");
        }
        assert!(!text.contains("{key:") && !markdown.contains("{key:"));
    }
}
