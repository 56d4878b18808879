//! Tokens are dear: how many a text costs about, and a text cut to what it may cost.

/// Tenths of a token that a character costs. No tokenizer is asked: each model has another. Against `cl100k_base` with digits one by one,
/// which is how Qwen reads, the sum was 1.0 to 1.5 times the count (messages of the pages in both languages, bodies in JSON, HDFS, Spark
/// and BGL logs): a text is never much longer than is thought here.
fn tenths(c: char) -> usize {
    match c {
        'a'..='z' => 3,
        'A'..='Z' => 5,
        '0'..='9' => 10,
        ' ' => 2,
        '\u{400}'..='\u{4ff}' => 6,
        c if c.is_ascii() => 7,
        _ => 15,
    }
}

/// About how many tokens a text costs.
pub fn tokens(text: &str) -> usize {
    text.chars().map(tenths).sum::<usize>().div_ceil(10)
}

/// What is said in the place of what was left out costs at most so much.
const NOTICE: usize = 20;
/// Bytes of a placeholder at most.
const PLACEHOLDER: usize = 48;

/// The text if it costs no more than so many tokens; else its beginning and its end, with what is left out between them said.
pub fn fit(text: &str, limit: usize) -> Option<String> {
    if tokens(text) <= limit {
        return None;
    }
    let room = limit.saturating_sub(NOTICE) * 10;
    // What went wrong stands first or last; more often first.
    let head = reach(text.chars(), room * 2 / 3);
    let tail = reach(text.chars().rev(), room / 3);
    let head = whole_end(text.get(..head).unwrap_or_default());
    let tail = whole_start(text.get(text.len().saturating_sub(tail)..).unwrap_or_default());
    let n_left_out = text.chars().count().saturating_sub(head.chars().count() + tail.chars().count());
    Some(format!("{head}\n[… {n_left_out} characters left out …]\n{tail}"))
}

/// Bytes that so many tenths of a token pay for.
fn reach(chars: impl Iterator<Item = char>, mut room: usize) -> usize {
    let mut length = 0;
    for c in chars {
        let Some(rest) = room.checked_sub(tenths(c)) else { break };
        room = rest;
        length += c.len_utf8();
    }
    length
}

/// Without the beginning of a placeholder at the end.
fn whole_end(text: &str) -> &str {
    match (text.rfind('⟦'), text.rfind('⟧')) {
        (Some(open), close) if close.is_none_or(|close| close < open) && text.len() - open < PLACEHOLDER => {
            text.get(..open).unwrap_or(text)
        }
        _ => text,
    }
}

/// Without the end of a placeholder at the beginning.
fn whole_start(text: &str) -> &str {
    match (text.find('⟧'), text.find('⟦')) {
        (Some(close), open) if open.is_none_or(|open| close < open) && close < PLACEHOLDER => {
            text.get(close + '⟧'.len_utf8()..).unwrap_or(text)
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn short_texts_stay_and_long_ones_keep_both_ends() {
        assert_eq!(fit("short", 10), None);
        let cut = fit(&format!("first {} last", "x".repeat(900)), 60).unwrap();
        assert!(cut.starts_with("first x") && cut.ends_with("x last") && cut.contains("characters left out"), "{cut}");
    }

    #[test]
    fn placeholders_are_not_cut_in_two() {
        for n in 60..140 {
            let cut = fit(&"⟦CARD_1⟧".repeat(n), 60 + n % 7).unwrap();
            assert_eq!(cut.matches('⟦').count(), cut.matches("⟦CARD_1⟧").count(), "{cut}");
            assert_eq!(cut.matches('⟧').count(), cut.matches("⟦CARD_1⟧").count(), "{cut}");
        }
    }

    proptest! {
        #[test]
        fn what_is_cut_costs_no_more_than_allowed(text in "[a-z0-9 йї⟦⟧{}]{0,400}", limit in NOTICE..120_usize) {
            if let Some(cut) = fit(&text, limit) {
                prop_assert!(tokens(&cut) <= limit, "{} of {}: {}", tokens(&cut), limit, cut);
            }
        }
    }
}
