//! Answers about access in words: each path as a chain from who has it to what is had, with its proof.

use std::fmt::Write as _;

use ratatui::text::{Line, Span};

use crate::access::{
    Admins, Answer, Everything, Gap, Goal, Has, Link, Named, Path, Proof, Question, RoleId, Step,
    Use, UseKind, Uses, Who, WhoRow, Why,
};
use crate::domain::entry::Subject;
use crate::domain::id::ObjectId;
use crate::ui::facts::Facts;
use crate::ui::format;
use crate::ui::linked::Destination;
use crate::ui::record::holder::{BEFORE, of_admin as holder_of, role_word, way};
use crate::ui::theme::Theme;

/// Tells an answer; of the admins only `of`, when that is named.
pub(super) fn answer(facts: &mut Facts, answer: &Answer, of: Option<&Subject>, theme: Theme) {
    gaps(facts, answer.gaps(), theme);
    match answer {
        Answer::Why(one) => why(facts, one, theme),
        Answer::Who(all) => who(facts, all, theme),
        Answer::Uses(all) => uses(facts, all, theme),
        Answer::Admins(all) => admins(facts, all, of, theme),
        Answer::Everything(all) => everything(facts, all, theme),
    }
}

/// Everything a user has: a line for each, with how many paths give it, and what is had twice.
fn everything(facts: &mut Facts, held: &Everything, theme: Theme) {
    type IsOf = fn(&Goal) -> bool;
    let parts: [(&str, IsOf); 3] = [
        ("ADMIN ROLES", |goal| matches!(goal, Goal::Role(_))),
        ("APPS", |goal| matches!(goal, Goal::App(_))),
        ("GROUPS", |goal| matches!(goal, Goal::Group(_))),
    ];
    for (title, is_of) in parts {
        let rows: Vec<_> = held.rows.iter().filter(|(goal, _)| is_of(goal)).collect();
        let twice = rows.iter().filter(|(_, why)| why.overlap).count();
        let aside = match twice {
            0 => format::count_len(rows.len()),
            twice => format!(
                "{}, {twice} both directly and through a group (!)",
                rows.len()
            ),
        };
        facts.heading(title, &aside);
        if rows.is_empty() {
            facts.sentence("None, as far as is known.", theme.quiet());
        }
        for (goal, why) in rows {
            one_held(facts, goal, why, theme);
        }
    }
}

fn one_held(facts: &mut Facts, goal: &Goal, why: &Why, theme: Theme) {
    let mark = if why.overlap { " ! " } else { "   " };
    let ways: Vec<String> = why.paths.iter().map(way).collect();
    let ways = if ways.is_empty() {
        "not known how".to_owned()
    } else {
        ways.join(", ")
    };
    let inactive = inactive(why).map_or_else(String::new, |word| format!("  {word}"));
    let line = Line::from(vec![
        Span::styled(mark, theme.warning()),
        Span::styled(format::left(&why.goal, 28), theme.link()),
        Span::styled(inactive, theme.warning()),
        Span::styled(format!("  {ways}"), theme.text()),
    ]);
    let Subject::Object(ObjectId::User(user)) = &why.user.subject else {
        facts.line(line);
        return;
    };
    let question = Question::Why {
        user: user.clone(),
        goal: goal.clone(),
    };
    let to = Destination::Why(question, format!("why {}", why.goal));
    facts.linked_line(line, to);
}

/// Okta's word for the status of an app that nobody can sign in to.
fn inactive(why: &Why) -> Option<&str> {
    let status = why.goal_status.as_deref();
    status.filter(|word| *word != "ACTIVE")
}

/// One who has something, with every path.
pub(super) fn holder(facts: &mut Facts, row: &WhoRow, theme: Theme) {
    let status = format::maybe(row.status.as_ref());
    let paths = format::counted(row.paths.len() as u64, "path");
    facts.heading(
        &row.principal.word().to_uppercase(),
        &format!("{status}  {paths}"),
    );
    facts.link(
        row.principal.word(),
        &row.principal.name,
        page(&row.principal),
    );
    overlap(facts, row.overlap, theme);
    for each in &row.paths {
        path(facts, &row.principal, each, theme);
    }
}

/// What is not known, before anything that is told.
fn gaps(facts: &mut Facts, gaps: &[Gap], theme: Theme) {
    if gaps.is_empty() {
        return;
    }
    facts.heading("NOT ALL IS KNOWN", "");
    for gap in gaps {
        facts.sentence(&format!("! {gap}"), theme.warning());
    }
}

fn why(facts: &mut Facts, why: &Why, theme: Theme) {
    let status = format::maybe(why.status.as_ref());
    facts.heading("WHY", &format!("{} {status}", why.user.name));
    facts.link("user", &why.user.name, page(&why.user));
    let (words, style) = match why.has {
        Has::Yes if why.paths.is_empty() => (
            format!("has {}; by which path is not known", why.goal),
            theme.warning(),
        ),
        Has::Yes => (
            format!(
                "has {} by {}",
                why.goal,
                format::counted(why.paths.len() as u64, "path")
            ),
            theme.text(),
        ),
        Has::No => (format!("does not have {}", why.goal), theme.text()),
        Has::Unknown => (
            format!("whether they have {} is not known", why.goal),
            theme.warning(),
        ),
    };
    facts.styled_fact("", &words, style);
    if let Some(word) = inactive(why) {
        facts.styled_fact(
            "app",
            &format!("{word}: nobody signs in to it"),
            theme.warning(),
        );
    }
    overlap(facts, why.overlap, theme);
    for each in &why.paths {
        path(facts, &why.user, each, theme);
    }
}

fn overlap(facts: &mut Facts, overlap: bool, theme: Theme) {
    if overlap {
        facts.sentence(
            "! Both directly and through a group: taking one away leaves the other.",
            theme.warning(),
        );
    }
}

fn who(facts: &mut Facts, who: &Who, theme: Theme) {
    facts.heading(
        &format!("WHO HAS {}", who.goal),
        &format::count_len(who.total),
    );
    for row in &who.rows {
        holder(facts, row, theme);
    }
}

fn admins(facts: &mut Facts, admins: &Admins, of: Option<&Subject>, theme: Theme) {
    let told = admins
        .rows
        .iter()
        .filter(|row| of.is_none_or(|of| row.principal.subject == *of));
    let mut any = false;
    for row in told {
        any = true;
        holder(facts, &holder_of(row.clone()), theme);
    }
    if !any {
        facts.sentence(
            "Holds no admin role at this moment, as far as is known.",
            theme.text(),
        );
    }
}

/// One path: the chain, then each step with its proof, as links.
fn path(facts: &mut Facts, principal: &Named, path: &Path, theme: Theme) {
    let role = path.role.as_ref().map_or("", |_| role_word(path));
    facts.heading(&path.kind.word().replace('_', " ").to_uppercase(), role);
    facts.sentence(&chain(principal, path), theme.strong());
    for step in &path.steps {
        let standard = path
            .role
            .as_ref()
            .is_some_and(|role| matches!(role.id, RoleId::Standard(_)));
        self::step(facts, step, standard, theme);
    }
    if let Some(role) = &path.role {
        for within in &role.within {
            facts.link("limited to", &within.name, page(within));
        }
    }
    if let Some(doubt) = &path.doubt {
        facts.styled_fact("doubt", doubt, theme.warning());
    }
}

/// A path as one line: `maria -> group Payroll Leads (rule "finance leads") -> SUPER_ADMIN`.
pub(super) fn chain(principal: &Named, path: &Path) -> String {
    let mut chain = principal.name.to_string();
    let mut rule = None;
    for step in &path.steps {
        let name = &step.to.name;
        // Writing to a String cannot fail.
        let _ = match step.link {
            Link::Rule => {
                rule = Some(name);
                continue;
            }
            Link::Member => write!(chain, " -> group {name}"),
            Link::Owner => write!(chain, " -> owner of group {name}"),
            Link::App => write!(chain, " -> app {name}"),
            Link::Role if path.role.is_some() => write!(chain, " -> {}", role_word(path)),
            Link::Role => write!(chain, " -> {name}"),
        };
        if let Some(rule) = rule.take() {
            let _ = write!(chain, " (rule \"{rule}\")");
        }
    }
    chain
}

/// One step and what proves it. One of Okta's own roles is no entry that could be opened.
fn step(facts: &mut Facts, step: &Step, standard: bool, theme: Theme) {
    let word = match step.link {
        Link::Rule => "rule",
        Link::Member => "member of",
        Link::Owner => "owner of",
        Link::App => "app",
        Link::Role => "role",
    };
    if standard && step.link == Link::Role {
        facts.fact(word, &step.to.name);
    } else {
        facts.link(word, &step.to.name, page(&step.to));
    }
    match &step.proof {
        Some(proof) => {
            let by = format::maybe(proof.by.as_ref());
            let text = format!("{} by {by}: {}", format::moment(proof.at), what(proof));
            facts.link("  since", &text, Destination::Event(proof.event));
        }
        None => {
            if let Some(span) = step.span {
                let text = format!("{BEFORE}; seen since {}", format::moment(span.from));
                facts.styled_fact("  since", &text, theme.quiet());
            }
        }
    }
}

/// What the event that proves a step says.
fn what(proof: &Proof) -> String {
    let mut text = proof.event_type.to_string();
    if let Some(rule) = &proof.rule {
        let _ = write!(text, " (rule {rule})");
    }
    if let Some(privilege) = &proof.privilege {
        let _ = write!(text, " ({privilege})");
    }
    text
}

fn uses(facts: &mut Facts, uses: &Uses, theme: Theme) {
    if uses.uses.is_empty() {
        let words = if uses.gaps.iter().any(Gap::is_blind) {
            "Nothing that is known makes use of this group; what could not be read is named above."
        } else {
            "Nothing makes use of this group."
        };
        facts.sentence(words, theme.text());
    }
    let mut heading = None;
    for each in &uses.uses {
        if heading != Some(each.kind) {
            heading = Some(each.kind);
            let count = uses
                .uses
                .iter()
                .filter(|other| other.kind == each.kind)
                .count();
            facts.heading(use_title(each.kind), &format::count_len(count));
        }
        one_use(facts, each);
    }
}

fn one_use(facts: &mut Facts, each: &Use) {
    let mut text = each.by.name.to_string();
    if let Some(detail) = &each.detail {
        let _ = write!(text, "  {detail}");
    }
    if let Some(span) = each.span {
        let _ = write!(text, "  seen since {}", format::day(span.from));
    }
    facts.link(&each.by.word().replace('_', " "), &text, page(&each.by));
}

fn use_title(kind: UseKind) -> &'static str {
    match kind {
        UseKind::RuleGives => "RULES THAT MAKE MEMBERS OF IT",
        UseKind::RuleTests => "RULES THAT ASK FOR MEMBERSHIP OF IT",
        UseKind::RuleExcludes => "RULES THAT LEAVE ITS MEMBERS OUT",
        UseKind::App => "APPS THAT IT GIVES",
        UseKind::Role => "ADMIN ROLES THAT IT HOLDS",
        UseKind::Binding => "CUSTOM ROLES THAT ARE BOUND TO IT",
        UseKind::PolicyIncludes => "POLICIES AND RULES THAT HOLD FOR IT",
        UseKind::PolicyExcludes => "POLICIES AND RULES THAT LEAVE IT OUT",
        UseKind::Push => "GROUP PUSH",
        UseKind::OwnedBy => "OWNERS",
        UseKind::Owns => "GROUPS THAT ITS MEMBERS OWN",
        UseKind::Target => "ADMIN ROLES THAT ARE LIMITED TO IT",
        UseKind::ResourceSet => "RESOURCE SETS THAT HOLD IT",
        UseKind::Other => "OTHER",
    }
}

fn page(named: &Named) -> Destination {
    Destination::Subject(named.subject.clone())
}
