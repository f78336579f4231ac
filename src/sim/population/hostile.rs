//! Texts as an attacker or an accident would write them into a directory that others will look at: escape sequences for
//! terminals, bidirectional and invisible characters, formulas for spreadsheets, markup, oversize.
//!
//! Okta refuses characters of four UTF-8 bytes, so none are here.

/// Given and family names for the first few people in the org's long tail.
pub const PEOPLE: &[(&str, &str)] = &[
    ("Esc", "\u{1b}[31mRED\u{1b}[0m\u{1b}]0;owned\u{7}"),
    ("Bidi", "\u{202e}gnp.eciovni\u{202c}"),
    ("=HYPERLINK(\"http://evil.example\")", "Formula"),
    ("Zero\u{200b}Width\u{200d}", "Joiner\u{feff}"),
    ("Clip", "\u{1b}]52;c;Y3VybCBldmlsLmV4YW1wbGU=\u{7}board"),
    ("<script>alert(1)</script>", "Markup"),
    (
        "Za\u{317}\u{354}\u{306}l\u{34f}\u{32c}go\u{30c}\u{33e}\u{327}",
        "Stack\u{300}\u{301}\u{302}\u{303}",
    ),
    ("Line\nFeed", "Carriage\rReturn\tTab"),
    ("@SUM(1+1)*cmd|' /C calc'!A0", "Macro"),
    ("C1\u{9b}31m", "\u{85}NextLine\u{90}"),
    ("\u{2066}Isolate", "Unclosed\u{2067}"),
    ("Null", "null"),
    ("Ｆｕｌｌｗｉｄｔｈ", "Ｎａｍｅ\u{3000}Ｗｉｄｅ"),
    (
        "A name as long as the profile schema allows it to",
        "Bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    ),
];

/// Names and descriptions of groups.
pub const GROUPS: &[(&str, &str)] = &[
    (
        "\u{1b}[2J\u{1b}[HWiped",
        "Clears the screen of whoever lists it",
    ),
    ("Payroll \u{202e}srotartsinimda", "Reads backwards"),
    ("=cmd|' /C calc'!A1", "+1-555\t@SUM(A1:A9)"),
    (
        "Line one\nLine two",
        "A name of two lines\r\nand a description, too",
    ),
    (
        "Admins\u{200b}",
        "Looks like Admins; ends in a zero-width space",
    ),
];

/// Labels of applications.
pub const APPS: &[&str] = &[
    "\u{1b}]8;;http://evil.example\u{7}Click me\u{1b}]8;;\u{7}",
    "+HYPERLINK(\"http://evil.example\",\"Expenses\")",
    "Slack\u{2060} ",
];
