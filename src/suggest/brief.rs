//! What a model is told of an error: the evidence cleaned, masked, cut and labelled, in blocks. A prompt is made of this and of nothing
//! else, so that nothing reaches a model unmasked.

use super::{
    clean, cut,
    evidence::{Evidence, Exchange, Near, Rejected, Spread},
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
    /// The draft that the analyst added it to, and those that were turned down.
    Earlier,
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
    /// The word by which it is kept and told.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Message => "message",
            Self::Context => "context",
            Self::Earlier => "earlier",
            Self::Known => "known",
            Self::Example => "example",
            Self::Around => "around",
            Self::Spread => "spread",
        }
    }

    /// Of a hundred tokens, how many a part may take; what it leaves goes to those behind it.
    fn share(self) -> usize {
        match self {
            // What is asked should be read whole. With a question nothing is added and there are no earlier drafts: their shares are free.
            Self::Question => 20,
            Self::Message => 12,
            Self::Context | Self::Earlier => 10,
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

/// A piece of evidence before it is known whether it fits.
#[derive(Debug)]
struct Candidate {
    part: Part,
    name: &'static str,
    /// Whose label stands behind the name, where it can be cited.
    source: Option<Source>,
    text: String,
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
        blocks.add(Part::Question, "question", None, question.to_owned());
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
struct Blocks(Vec<Candidate>);

impl Blocks {
    fn evidence(&mut self, evidence: &Evidence) {
        let code = evidence.code.as_ref().map(|code| format!("code: {code}\n")).unwrap_or_default();
        self.add(Part::Message, "error", None, format!("{code}{}", evidence.message));
        self.add(Part::Context, "note of the analyst", None, evidence.context.clone());
        self.add(Part::Earlier, "earlier draft", None, evidence.earlier.clone());
        for rejected in &evidence.rejected {
            self.add(Part::Earlier, "draft turned down", None, rejected_text(rejected, &evidence.earlier));
        }
        for near in &evidence.known {
            self.add(Part::Known, "known error", Some(Source::KnownError(near.id.clone())), known_text(near));
        }
        for exchange in &evidence.examples {
            self.add(Part::Example, "exchange", Some(Source::Log(exchange.id)), exchange_text(exchange));
        }
        for moment in &evidence.around {
            self.add(Part::Around, "around", Some(Source::Log(moment.id)), moment.line.clone());
        }
        self.add(Part::Spread, "spread", None, spread_text(&evidence.spread));
    }

    fn add(&mut self, part: Part, name: &'static str, source: Option<Source>, text: String) {
        let text = clean::visible(&text).trim().to_owned();
        if !text.is_empty() {
            self.0.push(Candidate { part, name, source, text });
        }
    }

    /// Blocks of a part.
    fn n_of(&self, part: Part) -> usize {
        self.0.iter().filter(|block| block.part == part).count()
    }

    /// Where there is little room, the lines around many small blocks must not take it: what happened around goes first, the latest of
    /// it at first, then drafts turned down, then known errors but the nearest. The parts that it was taken from.
    fn shed(&mut self, tokens: usize) -> Vec<Part> {
        let mut cut = Vec::new();
        for (part, least) in [(Part::Around, 0), (Part::Earlier, 1), (Part::Known, 1), (Part::Example, 1)] {
            while 2 * FRAME * self.0.len() > tokens && self.n_of(part) > least {
                let Some(last) = self.0.iter().rposition(|block| block.part == part) else { break };
                self.0.remove(last);
                if !cut.contains(&part) {
                    cut.push(part);
                }
            }
        }
        cut
    }

    fn finish(mut self, masker: &Masker, tokens: usize) -> Brief {
        // All are read for what must be masked, those that will not fit among them: a secret may be named in one and stand in another.
        let masked = masker.mask(&self.0.iter().map(|block| block.text.as_str()).collect::<Vec<_>>());
        for (block, text) in self.0.iter_mut().zip(masked.texts) {
            block.text = clean::defuse(&text);
        }
        let mut cut = self.shed(tokens);
        let room = tokens.saturating_sub(self.0.len() * FRAME);
        let (mut carry, mut blocks, mut citable) = (0, Vec::new(), Citable::default());
        let (mut part, mut n_left, mut each) = (None, 0, 0);
        for block in &self.0 {
            if part != Some(block.part) {
                part = Some(block.part);
                let share = room * block.part.share() / 100;
                // As many as have room to say something: the first are the nearest.
                n_left = self.n_of(block.part).min((carry + share) / LEAST).max(1);
                each = share / n_left;
            }
            let allowed = carry + each;
            let fitted = match n_left {
                0 => Some(String::new()),
                _ if allowed < LEAST && cut::tokens(&block.text) > allowed => Some(String::new()),
                _ => cut::fit(&block.text, allowed),
            };
            if n_left > 0 {
                n_left -= 1;
                carry = allowed.saturating_sub(cut::tokens(fitted.as_ref().unwrap_or(&block.text)));
            }
            if fitted.is_some() && !cut.contains(&block.part) {
                cut.push(block.part);
            }
            let text = fitted.unwrap_or_else(|| block.text.clone());
            if !text.is_empty() {
                // What a model is not shown it cannot cite.
                let label = block.source.clone().map(|source| format!(" {}", citable.add(source))).unwrap_or_default();
                blocks.push(Block { part: block.part, name: format!("{}{label}", block.name), text });
            }
        }
        Brief { blocks, citable, mask: masked.mask, cut }
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

/// The reason comes first, as more of the beginning stays where there is little room. It is cut with the rest, once it is masked: half a
/// card number would pass for none.
fn rejected_text(rejected: &Rejected, earlier: &str) -> String {
    let said = if rejected.said == earlier { "the earlier draft" } else { &rejected.said };
    format!("reason: {}\ndraft: {said}", rejected.reason)
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
