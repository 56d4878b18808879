//! Models that think aloud write `<think>…</think>` before their reply: that is no part of it.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// A reply without the thinking before it.
#[derive(Default)]
pub(super) struct Thinking {
    state: State,
    /// What has been read and not yet judged.
    held: String,
}

#[derive(Default, PartialEq)]
enum State {
    #[default]
    Begun,
    Thinks,
    Replies,
}

impl Thinking {
    /// What the next piece adds to the reply.
    pub(super) fn push(&mut self, piece: &str) -> String {
        if self.state == State::Replies {
            return piece.to_owned();
        }
        self.held.push_str(piece);
        if self.state == State::Begun {
            let text = self.held.trim_start();
            if OPEN.starts_with(text) {
                return String::new();
            }
            if !text.starts_with(OPEN) {
                self.state = State::Replies;
                return std::mem::take(&mut self.held);
            }
            self.state = State::Thinks;
        }
        match self.held.split_once(CLOSE) {
            Some((_, reply)) => {
                let reply = reply.to_owned();
                (self.state, self.held) = (State::Replies, String::new());
                reply
            }
            None => {
                // Only its end can belong to the mark that ends it.
                let mut keep = self.held.len().saturating_sub(CLOSE.len());
                while !self.held.is_char_boundary(keep) {
                    keep -= 1;
                }
                self.held.drain(..keep);
                String::new()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinking_is_left_out_however_it_is_cut() {
        for (text, expected) in [
            ("{\"a\":1}", "{\"a\":1}"),
            ("<think>\nїї {\"no\"}</think>\n{\"a\":1}", "\n{\"a\":1}"),
            ("\n<think></think>x", "x"),
            ("<thin x", "<thin x"),
            ("a<think>b</think>c", "a<think>b</think>c"),
        ] {
            for size in 1..8 {
                let mut thinking = Thinking::default();
                let chars: Vec<char> = text.chars().collect();
                let found: String = chars.chunks(size).map(|chunk| thinking.push(&chunk.iter().collect::<String>())).collect();
                assert_eq!(found, expected, "{text} by {size}");
            }
        }
    }
}
