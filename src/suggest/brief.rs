//! What a model is told of an error: the evidence cleaned, masked, cut and labelled, in blocks. A prompt is made of this and of nothing
//! else, so that nothing reaches a model unmasked.

use super::{
    clean, cut,
    evidence::{Evidence, Exchange, Near, Spread},
    mask::{Mask, Masker},
    source::{Citable, Source},
};

/// A part of the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// What is asked.
    Question,
    /// The error's text.
    Message,
    /// What the analyst added.
    Context,
    /// A known error near it.
    Known,
    /// An exchange.
    Example,
    /// What happened around it.
    Around,
    /// Where it was seen.
    Spread,
}

impl Part {
    /// Of a hundred tokens, how many a part may take; what it leaves goes to those behind it.
    fn share(self) -> usize {
        match self {
            Self::Question => 10,
            Self::Message => 12,
            Self::Context => 10,
            Self::Known => 32,
            Self::Example => 22,
            Self::Around => 10,
            Self::Spread => 4,
        }
    }
}

/// A piece of evidence under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub part: Part,
    pub name: String,
    pub text: String,
}

/// The evidence as a model reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Brief {
    pub(super) blocks: Vec<Block>,
    citable: Citable,
    mask: Mask,
    cut: Vec<Part>,
}

/// Tokens of the lines around a block.
const FRAME: usize = 40;
/// A block with less room than this says nothing.
const LEAST: usize = 30;

impl Brief {
    /// The evidence for a draft, within about so many tokens.
    pub fn for_draft(evidence: &Evidence, masker: &Masker, tokens: usize) -> Self {
        let mut blocks = Blocks::default();
        blocks.evidence(evidence);
        blocks.finish(masker, tokens)
    }

    /// The evidence for a question, and the question, within about so many tokens.
    pub fn for_question(evidence: &Evidence, question: &str, masker: &Masker, tokens: usize) -> Self {
        let mut blocks = Blocks::default();
        blocks.add(Part::Question, "question".into(), question.to_owned());
        blocks.evidence(evidence);
        blocks.finish(masker, tokens)
    }

    /// What may be cited.
    pub fn citable(&self) -> &Citable {
        &self.citable
    }

    /// What the placeholders stand for.
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// Parts that did not fit whole, each once.
    pub fn cut(&self) -> &[Part] {
        &self.cut
    }
}

#[derive(Default)]
struct Blocks {
    list: Vec<Block>,
    citable: Citable,
}

impl Blocks {
    fn evidence(&mut self, evidence: &Evidence) {
        let code = evidence.code.as_ref().map(|code| format!("code: {code}\n")).unwrap_or_default();
        self.add(Part::Message, "error".into(), format!("{code}{}", evidence.message));
        self.add(Part::Context, "note of the analyst".into(), evidence.context.clone());
        for near in &evidence.known {
            let label = self.citable.add(Source::KnownError(near.id.clone()));
            self.add(Part::Known, format!("known error {label}"), known_text(near));
        }
        for exchange in &evidence.examples {
            let label = self.citable.add(Source::Log(exchange.id));
            self.add(Part::Example, format!("exchange {label}"), exchange_text(exchange));
        }
        for moment in &evidence.around {
            let label = self.citable.add(Source::Log(moment.id));
            self.add(Part::Around, format!("around {label}"), moment.line.clone());
        }
        self.add(Part::Spread, "spread".into(), spread_text(&evidence.spread));
    }

    fn add(&mut self, part: Part, name: String, text: String) {
        let text = clean::visible(&text).trim().to_owned();
        if !text.is_empty() {
            self.list.push(Block { part, name, text });
        }
    }

    fn finish(self, masker: &Masker, tokens: usize) -> Brief {
        let texts: Vec<&str> = self.list.iter().map(|block| block.text.as_str()).collect();
        let masked = masker.mask(&texts);
        let n_of = |part| self.list.iter().filter(|block| block.part == part).count().max(1);
        let room = tokens.saturating_sub(self.list.len() * FRAME);
        let (mut carry, mut cut, mut blocks) = (0, Vec::new(), Vec::new());
        for (block, text) in self.list.iter().zip(masked.texts) {
            let text = clean::defuse(&text);
            let allowed = carry + room * block.part.share() / 100 / n_of(block.part);
            let fitted = if allowed < LEAST && cut::tokens(&text) > allowed { Some(String::new()) } else { cut::fit(&text, allowed) };
            if fitted.is_some() && !cut.contains(&block.part) {
                cut.push(block.part);
            }
            let text = fitted.unwrap_or(text);
            carry = allowed.saturating_sub(cut::tokens(&text));
            if !text.is_empty() {
                blocks.push(Block { part: block.part, name: block.name.clone(), text });
            }
        }
        Brief { blocks, citable: self.citable, mask: masked.mask, cut }
    }
}

fn known_text(near: &Near) -> String {
    let mut text = format!("title: {}\n", near.title);
    for (name, value) in [("status", &near.status), ("recognised by", &near.text)] {
        if !value.is_empty() {
            text.push_str(&format!("{name}: {value}\n"));
        }
    }
    for answer in &near.answers {
        text.push_str(&format!("answer (worked {}, failed {}): {}\n", answer.n_worked, answer.n_failed, answer.text));
    }
    text
}

fn exchange_text(exchange: &Exchange) -> String {
    let halves = [("request", &exchange.request), ("response", &exchange.response)];
    let halves = halves.iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| format!("\n{name}: {text}"));
    std::iter::once(exchange.head.clone()).chain(halves).collect()
}

fn spread_text(spread: &Spread) -> String {
    if spread.n_logs == 0 {
        return String::new();
    }
    let branches = spread.branches.iter().take(10).map(|(branch, n)| format!("{branch} {n}")).collect::<Vec<_>>().join(", ");
    let seen = spread.seen.as_ref().map(|(first, last)| format!("; first {first}, last {last}")).unwrap_or_default();
    format!("seen {} times in {} branches ({branches}){seen}", spread.n_logs, spread.branches.len())
}
