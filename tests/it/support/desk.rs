//! The console's state at a desk without a terminal: keys are pressed, questions are answered at once, and the picture is read as text.

use jiff::Timestamp;
use oktop::action::state::State;
use oktop::domain::time;
use oktop::msg::queue::Which;
use oktop::msg::{Answer, Ask, Problem, Push, Request};
use oktop::ui::app::App;
use oktop::ui::event::{Effect, Event};
use oktop::ui::format;
use oktop::ui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect, Size};
use std::time::Duration;

use super::fake_agent::{Org0, now};
use super::queue::FakeQueue;

/// A console whose agent answers at once.
pub(crate) struct Desk {
    pub app: App,
    pub org: Org0,
    pub now: Timestamp,
    /// What came out besides questions.
    pub effects: Vec<Effect>,
    /// Every question asked so far.
    pub asked: Vec<Request>,
    answers: bool,
    /// What comes between the agent's answer and the console.
    pub between: Option<Box<dyn FnMut(Answer) -> Answer>>,
    /// Who answers in place of the fixed org.
    pub real: Option<Real>,
    /// What is staged, in place of an org's queue.
    pub queue: FakeQueue,
    /// How often new events were told besides.
    new_events: u64,
}

/// Whoever answers in place of the fixed org.
pub(crate) type Real = Box<dyn FnMut(Ask) -> Result<Answer, Problem>>;

impl Desk {
    /// A console of that size that has not reached its agent yet.
    pub(crate) fn disconnected(width: u16, height: u16) -> Self {
        Self::of(width, height, Theme::sixteen())
    }

    fn of(width: u16, height: u16, theme: Theme) -> Self {
        Self {
            app: App::new(theme, Size::new(width, height), now()),
            org: Org0::default(),
            now: now(),
            effects: Vec::new(),
            asked: Vec::new(),
            answers: true,
            between: None,
            real: None,
            queue: FakeQueue::default(),
            new_events: 0,
        }
    }

    /// A console of that size with everything loaded.
    pub(crate) fn new(width: u16, height: u16) -> Self {
        Self::themed(width, height, Theme::sixteen())
    }

    /// The same with other looks.
    pub(crate) fn themed(width: u16, height: u16, theme: Theme) -> Self {
        let mut desk = Self::of(width, height, theme);
        desk.happen(Event::Connected);
        let status = desk.org.status();
        desk.happen(Event::Push(Push::Status(Box::new(status))));
        desk
    }

    /// From now on the agent answers nothing.
    pub(crate) fn fall_silent(&mut self) {
        self.answers = false;
    }

    /// Something happens, and whatever follows from it.
    pub(crate) fn happen(&mut self, event: Event) {
        let mut waiting = vec![event];
        while let Some(event) = waiting.pop() {
            for effect in self.app.update(event, self.now) {
                match effect {
                    Effect::Ask(request) => {
                        self.asked.push(request.clone());
                        if self.answers {
                            let answer = match (&mut self.real, request.ask) {
                                (Some(real), ask) => real(ask),
                                (None, Ask::Queue(ask)) => {
                                    self.queue.answer(ask).map(Answer::Queue)
                                }
                                (None, ask) => self.org.answer(ask),
                            };
                            let answer = match &mut self.between {
                                Some(change) => answer.map(change),
                                None => answer,
                            };
                            waiting.push(Event::Reply {
                                ticket: request.ticket,
                                answer,
                            });
                        }
                    }
                    effect => self.effects.push(effect),
                }
            }
        }
    }

    /// The agent tells how the queue stands.
    pub(crate) fn tell_queue(&mut self) {
        let mut status = self.org.status();
        status.queue = self.queue.status.clone();
        self.happen(Event::Push(Push::Status(Box::new(status))));
    }

    /// Something becomes of the changes of a plan, and the agent tells it.
    pub(crate) fn lead(&mut self, plan: u64, op: Option<u32>, state: State, why: Option<&str>) {
        let at = self.now;
        self.queue.lead(Which { plan, op }, state, why, at);
        self.tell_queue();
    }

    /// New events are there, and tell of the changes of a plan.
    pub(crate) fn log_tells(&mut self, plan: u64) {
        self.queue.log_tells(plan, self.now);
        let mut revisions = self.org.status().revisions;
        self.new_events += 1;
        revisions.events += self.new_events;
        self.happen(Event::Push(Push::Committed(revisions)));
    }

    /// Lets time pass, with a tick wherever the console wants one.
    pub(crate) fn pass(&mut self, span: Duration) {
        let end = time::after(self.now, span);
        while let Some(next) = self.app.deadline(self.now).filter(|next| *next <= end) {
            self.now = next.max(self.now);
            self.happen(Event::Tick);
        }
        self.now = end;
        self.happen(Event::Tick);
    }

    /// Presses keys: characters as they are, others by name in angle brackets, such as `<enter>` or `<ctrl-d>`. Then lets a filter
    /// take effect.
    pub(crate) fn press(&mut self, keys: &str) -> &mut Self {
        for key in parse(keys) {
            self.happen(Event::Key(key));
        }
        self.pass(Duration::from_secs(1));
        self
    }

    /// The picture, freshly stamped.
    pub(crate) fn picture(&mut self) -> (Buffer, Option<Position>) {
        self.app.stamp(self.now);
        let mut buffer = Buffer::empty(Rect::from((Position::ORIGIN, self.app.size())));
        let cursor = self.app.view(&mut buffer);
        (buffer, cursor)
    }

    /// The picture as text, without the spaces at the ends of lines.
    pub(crate) fn screen(&mut self) -> String {
        let (buffer, _) = self.picture();
        let area = *buffer.area();
        let mut out = String::new();
        for y in 0..area.height {
            let mut line = String::new();
            let mut hidden = 0;
            for x in 0..area.width {
                let symbol = buffer[(x, y)].symbol();
                if hidden == 0 {
                    line.push_str(symbol);
                }
                hidden = hidden.max(format::width(symbol)).saturating_sub(1);
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// The same without the first line, which tells the time.
    pub(crate) fn body(&mut self) -> String {
        let screen = self.screen();
        screen
            .split_once('\n')
            .map(|(_, rest)| rest.to_owned())
            .unwrap()
    }
}

fn parse(keys: &str) -> Vec<KeyEvent> {
    let mut out = Vec::new();
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|tail| tail.split_once('>'));
        if let Some((name, tail)) = named.filter(|(name, _)| name.len() > 1) {
            out.push(named_key(name));
            rest = tail;
        } else {
            out.push(KeyEvent::new(KeyCode::Char(first), KeyModifiers::NONE));
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

fn named_key(name: &str) -> KeyEvent {
    if let Some(letter) = name.strip_prefix("ctrl-") {
        let letter = letter.chars().next().unwrap();
        return KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
    }
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "shift-tab" => KeyCode::BackTab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "space" => KeyCode::Char(' '),
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "backspace" => KeyCode::Backspace,
        "f1" => KeyCode::F(1),
        other => panic!("no key is called {other}"),
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}
