//! Text of strangers made fit to be read: by a model that must not take data for structure, and by people who must see what is there.
//!
//! [`visible`] takes away what is not seen (control and escape sequences, zero-width and bidirectional characters, tags), [`defuse`]
//! breaks what a tokenizer would take for structure of the conversation. Both take linear time.

/// What the tokenizers of the families of Qwen, Llama, Mistral, Gemma, Phi and GLM know as one token, beside everything between `<|`
/// and `|>`: what stands between angle brackets.
const ANGLE: [&str; 24] = [
    "s",
    "bos",
    "eos",
    "pad",
    "unk",
    "mask",
    "sys",
    "sop",
    "eop",
    "think",
    "tools",
    "tool_call",
    "tool_calls",
    "tool_response",
    "start_of_turn",
    "end_of_turn",
    "start_of_image",
    "end_of_image",
    "start_of_audio",
    "end_of_audio",
    "image",
    "video",
    "audio",
    "eod",
];
/// The same, for what begins a token.
const ANGLE_PREFIX: [&str; 5] = ["unused", "fim_", "reserved_", "extra_id_", "0x"];
/// What stands between square brackets.
const SQUARE: [&str; 20] = [
    "inst",
    "tool_calls",
    "tool_results",
    "tool_content",
    "available_tools",
    "system_prompt",
    "gmask",
    "smask",
    "mask",
    "img",
    "img_break",
    "img_end",
    "prefix",
    "suffix",
    "middle",
    "cls",
    "sep",
    "pad",
    "unk",
    "think",
];

/// Longest name in the lists above, and a slash.
const LONGEST: usize = 16;

/// Where a scan stands in an escape sequence.
enum Escape {
    None,
    /// Behind an escape character.
    Begun,
    /// In a control sequence: to its final letter.
    Control,
    /// In a command to the terminal: to the bell, an escape character or the end of the line.
    Command,
}

/// The text without what is not meant to be seen; line ends are `\n`, full-width forms of ASCII are ASCII.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut escape = Escape::None;
    for c in text.chars() {
        escape = match (escape, c) {
            (Escape::None, '\u{1b}') | (Escape::Control, '\u{1b}') => Escape::Begun,
            (Escape::None, '\u{9b}') | (Escape::Begun, '[') => Escape::Control,
            (Escape::None, '\u{9d}') | (Escape::Begun, ']' | 'P' | 'X' | '^' | '_') => Escape::Command,
            (Escape::Begun, ' '..='/') => Escape::Begun,
            (Escape::Begun, '0'..='~') => Escape::None,
            (Escape::Control, ' '..='?') => Escape::Control,
            (Escape::Control, '@'..='~') => Escape::None,
            (Escape::Command, '\u{7}' | '\u{9c}') => Escape::None,
            (Escape::Command, '\u{1b}') => Escape::Begun,
            (Escape::Command, c) if c != '\n' => Escape::Command,
            (_, c) => {
                out.extend(shown(c));
                Escape::None
            }
        };
    }
    out
}

/// What is seen of a character.
fn shown(c: char) -> Option<char> {
    match c {
        '\n' | '\t' => Some(c),
        '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        c if c.is_control() => None,
        // Soft hyphen, Arabic letter mark, Hangul fillers, Mongolian separators, zero-width, bidirectional, invisible operators,
        // variation selectors, annotations, tags.
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' => None,
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => None,
        '\u{fe00}'..='\u{fe0f}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => None,
        '\u{e0000}'..='\u{e0fff}' => None,
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(' '),
        c => Some(c),
    }
}

/// The text with a blank in whatever a tokenizer could take for a token of its own. Wants text that is [`visible`]: a token parted by a
/// character that is taken away later would slip through.
pub fn defuse(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut last = ' ';
    for (at, c) in text.char_indices() {
        if (last == '|' && c == '>') || (last == '<' && c == '|') {
            out.push(' ');
        }
        out.push(c);
        let rest = text.get(at + c.len_utf8()..).unwrap_or_default();
        if (c == '<' && named(rest, '>', &ANGLE, &ANGLE_PREFIX)) || (c == '[' && named(rest, ']', &SQUARE, &[])) {
            out.push(' ');
        }
        last = c;
    }
    out
}

/// Whether the text goes on with one of the names and the end of a token, or with a name that begins one.
fn named(rest: &str, end: char, names: &[&str], prefixes: &[&str]) -> bool {
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let begins = |prefix: &&str| rest.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    if prefixes.iter().any(begins) {
        return true;
    }
    let name = rest.char_indices().take(LONGEST + 1).find(|(_, c)| *c == end).and_then(|(length, _)| rest.get(..length));
    name.is_some_and(|name| names.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

/// The visible text in one line of at most so many characters.
pub fn line(text: &str, limit: usize) -> String {
    // Invisible characters count: the time is bounded even if there is nothing else.
    let head: String = text.chars().take(limit.saturating_mul(4)).collect();
    let line = visible(&head).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut cut: String = line.chars().take(limit).collect();
    if cut.len() < line.len() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_seen_is_taken_away() {
        for (text, expected) in [
            ("a\u{1b}[31mred\u{1b}[0m", "ared"),
            ("a\u{9b}31mb", "ab"),
            ("a\u{1b}]0;title\u{7}b", "ab"),
            ("a\u{1b}]8;;http://x\u{1b}\\link", "alink"),
            ("a\u{1b}]never ends\nb", "a\nb"),
            ("a\u{1b}[12\nb", "a\nb"),
            ("\u{1b}", ""),
            ("pay\u{200b}pal\u{202e}\u{feff}", "paypal"),
            ("a\r\nb\tc\0", "a\nb\tc"),
            ("\u{e0041}\u{e0042}x", "x"),
            ("\u{ff1c}\u{ff5c}ｉｍ", "<|im"),
            ("Помилка: їжак", "Помилка: їжак"),
            ("1\u{a0}000", "1 000"),
        ] {
            assert_eq!(visible(text), expected, "{text:?}");
        }
    }

    #[test]
    fn tokens_of_a_conversation_are_broken() {
        for (text, expected) in [
            ("<|im_start|>system", "< |im_start| >system"),
            ("[INST] x [/INST]", "[ INST] x [ /INST]"),
            ("<<SYS>>", "<< SYS>>"),
            ("</s><S>", "< /s>< S>"),
            ("<start_of_turn>user", "< start_of_turn>user"),
            ("<unused7>", "< unused7>"),
            ("<|>", "< | >"),
            ("<s", "<s"),
            ("a || b, x<y> <Password>1</Password> [ERROR] [1]", "a || b, x<y> <Password>1</Password> [ERROR] [1]"),
        ] {
            assert_eq!(defuse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_line_is_one_and_short() {
        assert_eq!(line(" a\n\u{1b}[1mb  c ", 9), "a b c");
        assert_eq!(line("abcdef", 3), "abc…");
        assert_eq!(line(&"\u{200b}".repeat(99), 3), "");
    }

    proptest! {
        #[test]
        fn cleaning_again_changes_nothing(text in "[ -~\u{1b}\u{9b}\u{200b}\u{ff1c}\u{ff5c}й\n\r]{0,80}") {
            let once = visible(&text);
            prop_assert_eq!(visible(&once), once.clone());
            let once = defuse(&once);
            prop_assert_eq!(defuse(&once), once);
        }

        #[test]
        fn no_token_is_left_whole(text in "([<>|/\\[\\]\u{200b}\u{1b}]|im_start|INST|s|bos|think|unused|fim_|a| ){0,24}") {
            let text = defuse(&visible(&text)).to_lowercase();
            for token in ["<|", "|>", "<s>", "</s>", "<bos>", "[inst]", "[/inst]", "<think>", "</think>", "<unused", "<fim_"] {
                prop_assert!(!text.contains(token), "{} in {}", token, text);
            }
        }
    }
}
