//! How each chat writes bold, links and mentions, how long a text it takes, and how a caller's words are kept from being any of
//! that (R19).
//!
//! Where a chat has an escape, it is used; where it has none, the letter that begins its markup becomes its full-width twin.
//! Whoever reads sees the same words, and no machine reads an order in them.

use serde::{Deserialize, Serialize};

/// A chat's way of writing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Markup {
    /// `[info][title]…`, `[To:123]`.
    Chatwork,
    /// Slack's mrkdwn: `*bold*`, `<https://…|text>`, `<@U123>`.
    Slack,
    /// Google Chat's text: `*bold*`, `<https://…|text>`, `<users/123>`.
    GoogleChat,
    /// The subset of Markdown of Teams' adaptive cards.
    Teams,
    /// LINE: plain text.
    Line,
    /// LINE WORKS: plain text.
    LineWorks,
    /// Discord's Markdown.
    Discord,
}

/// After an `@`, what calls everybody in one chat or another.
const EVERYBODY: [&str; 10] =
    ["all", "here", "channel", "everyone", "toall", "team", "room", "group", "全員", "みんな"];

impl Markup {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Chatwork, Self::Slack, Self::GoogleChat, Self::Teams, Self::Line, Self::LineWorks, Self::Discord];

    /// Its name in file names.
    pub fn code(self) -> &'static str {
        match self {
            Self::Chatwork => "chatwork",
            Self::Slack => "slack",
            Self::GoogleChat => "google_chat",
            Self::Teams => "teams",
            Self::Line => "line",
            Self::LineWorks => "line_works",
            Self::Discord => "discord",
        }
    }

    /// The longest text that is sent, in UTF-16 units: well within what the service documents, whatever the rest of its request
    /// holds (Slack 3,000 for a block, Google Chat 4,096, Teams 28 kB for the whole card, LINE 5,000, LINE WORKS and Discord 2,000,
    /// Chatwork 65,535).
    pub fn units_max(self) -> usize {
        match self {
            Self::Chatwork => 20_000,
            Self::Slack => 2_900,
            Self::GoogleChat => 4_000,
            Self::Teams => 6_000,
            Self::Line => 4_800,
            Self::LineWorks | Self::Discord => 1_900,
        }
    }

    /// One line or more of somebody's words, with nothing in it that the chat would take for markup, a mention or a link of its
    /// own. Line breaks stay.
    pub fn escape(self, text: &str) -> String {
        let text = crate::text::prose(text);
        let characters: Vec<char> = text.chars().collect();
        let mut escaped = String::with_capacity(text.len());
        for (place, character) in characters.iter().copied().enumerate() {
            let at = |place: Option<usize>| place.and_then(|place| characters.get(place)).copied();
            let around = (at(place.checked_sub(1)), at(place.checked_add(1)));
            if character == '@' && calls_everybody(characters.get(place + 1..).unwrap_or_default()) {
                escaped.push('＠');
            } else {
                self.push(character, around, &mut escaped);
            }
        }
        escaped
    }

    fn push(self, character: char, around: (Option<char>, Option<char>), escaped: &mut String) {
        match self {
            Self::Chatwork => escaped.push(twin(character, "[]")),
            Self::Slack => match character {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '_' if within_word(around) => escaped.push('_'),
                _ => escaped.push(twin(character, "*_~`")),
            },
            Self::GoogleChat if character == '_' && within_word(around) => escaped.push('_'),
            Self::GoogleChat => escaped.push(twin(character, "<>*_~`")),
            Self::Teams if character == '_' && within_word(around) => escaped.push('_'),
            // Cards have functions in double braces, and markup that begins a line.
            Self::Teams => {
                escaped.push(twin(character, if begins_line(around.0) { "<>[]{}*_~`#\\-+>" } else { "<>[]{}*_~`\\" }))
            }
            Self::Line => escaped.push(character),
            Self::LineWorks => escaped.push(twin(character, "<>")),
            Self::Discord => {
                if "\\*_~`|<>[]#".contains(character) || (begins_line(around.0) && "-+".contains(character)) {
                    escaped.push('\\');
                }
                escaped.push(character);
            }
        }
    }

    /// Text that is ours, in bold where the chat has that. `text` is escaped already.
    pub(super) fn bold(self, text: &str) -> String {
        match self {
            Self::Slack | Self::GoogleChat => format!("*{text}*"),
            Self::Teams | Self::Discord => format!("**{text}**"),
            Self::Chatwork | Self::Line | Self::LineWorks => text.to_owned(),
        }
    }

    /// A link of ours, with its name.
    pub(super) fn link(self, label: &str, url: &str) -> String {
        match self {
            Self::Slack | Self::GoogleChat => format!("<{url}|{label}>"),
            Self::Teams => format!("[{label}]({url})"),
            Self::Chatwork | Self::Line | Self::LineWorks | Self::Discord => format!("{label}: {url}"),
        }
    }

    /// A number to call, alone on its line. Where the chat has no link for telephones, the telephone makes one of it (F36).
    pub(super) fn number(self, display: &str, tel: Option<&str>) -> String {
        let shown = self.escape(display);
        match (self, tel) {
            (Self::Slack, Some(tel)) => format!("<tel:{tel}|{shown}>"),
            (Self::Teams, Some(tel)) => format!("[{shown}](tel:{tel})"),
            (Self::Chatwork | Self::GoogleChat | Self::Line | Self::LineWorks | Self::Discord, Some(_))
            | (
                Self::Slack
                | Self::Teams
                | Self::Chatwork
                | Self::GoogleChat
                | Self::Line
                | Self::LineWorks
                | Self::Discord,
                None,
            ) => shown,
        }
    }

    /// Calls somebody by the id that the firm's profile gives. `None` where the chat cannot, or where that is no id.
    pub fn mention(self, id: &str) -> Option<String> {
        let is_id = !id.is_empty() && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match self {
            Self::Chatwork if id == "all" => Some("[toall]".to_owned()),
            Self::Chatwork => id.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("[To:{id}]")),
            Self::Slack if ["here", "channel", "everyone"].contains(&id) => Some(format!("<!{id}>")),
            Self::Slack if id.starts_with('S') => Some(format!("<!subteam^{id}>")),
            Self::Slack => Some(format!("<@{id}>")),
            Self::GoogleChat => Some(format!("<users/{id}>")),
            Self::Discord => Some(format!("<@{id}>")),
            Self::LineWorks => Some(format!("<m userId=\"{id}\">")),
            Self::Teams | Self::Line => None,
        }
        .filter(|_| is_id)
    }
}

/// The full-width twin of a letter that is one of `letters`.
fn twin(character: char, letters: &str) -> char {
    if !letters.contains(character) {
        return character;
    }
    // ASCII 0x21 to 0x7e and its full-width forms are the same table.
    char::from_u32(u32::from(character) + 0xfee0).unwrap_or(character)
}

/// `AB_12`: no chat takes that for italics, and an article number has to stay as it is (F25).
fn within_word((before, after): (Option<char>, Option<char>)) -> bool {
    let is_word = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    is_word(before) && is_word(after)
}

fn begins_line(before: Option<char>) -> bool {
    before.is_none_or(|before| matches!(before, '\n' | ' ' | '　'))
}

fn calls_everybody(after: &[char]) -> bool {
    EVERYBODY.iter().any(|word| {
        let mut letters = after.iter().flat_map(|letter| letter.to_lowercase());
        word.chars().all(|wanted| letters.next() == Some(wanted))
    })
}
