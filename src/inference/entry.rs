//! One rule as the index keeps it: tokens as word numbers, the masked text, the stated phrases; the text itself is not kept.

use regex::{Regex, RegexBuilder};

use crate::domain::KnownErrorId;

use super::{
    Rule, RuleError,
    digits::Digits,
    keyword::Stated,
    measure::Characters,
    text::{ExactKey, Kind, Scan, Token, is_identifier},
    vocabulary::{Vocabulary, WordId},
};

/// Bytes that a compiled expression may take.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// Characters that a placeholder begins with; the last is Cyrillic.
const PLACEHOLDERS: [char; 8] = ['<', '{', '%', '$', '*', '#', 'X', 'Х'];

/// A token as it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// A word's number; of a value, a hash of its characters.
    pub key: u32,
    /// What it is.
    pub kind: Kind,
    /// It is a value by its place or form.
    pub soft: bool,
}

/// The key of a word that the knowledge base has not.
pub const UNKNOWN: WordId = WordId::MAX;

/// What matching needs of a rule.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: KnownErrorId,
    pub items: Box<[Item]>,
    /// The hashes of its values, each once, less those that identify a customer, a card or a session.
    pub values: Box<[u32]>,
    /// Values that stand in a run with others: the place of the run among the items, and each value's key.
    pub runs: Box<[(u16, u32)]>,
    /// The items of the first line.
    pub head: usize,
    pub characters: Characters,
    pub exact: Option<ExactKey>,
    pub shape: Option<u64>,
    pub stated: Option<Box<Stated>>,
    pub code: Option<Box<str>>,
    pub regex: Option<Box<Regex>>,
    /// Facts of the Log that its condition requires.
    pub facts: usize,
    /// Its text read as one with placeholders, if it has some.
    pub template: Option<Box<Template>>,
}

/// A text in some places of which anything may stand.
#[derive(Debug, Clone)]
pub struct Template {
    pub items: Box<[Item]>,
    /// The items of the first line.
    pub head: usize,
}

impl Template {
    fn new(text: &str, vocabulary: &mut Vocabulary, digits: &mut Digits) -> Option<Box<Self>> {
        if !text.contains(PLACEHOLDERS) {
            return None;
        }
        let scan = Scan::of_template(text);
        digits.note_values(&scan);
        let has = |kind: Kind| scan.tokens.iter().any(|token| token.kind == kind);
        (has(Kind::Placeholder) && (!has(Kind::Value) || names_a_place(text))).then(|| {
            let mut items = Vec::new();
            items_into(&scan, |_, token| vocabulary.intern(scan.stem(token)), &mut items);
            let head = items.partition_point(|(_, place)| *place < scan.head);
            Box::new(Self { items: items.into_iter().map(|(item, _)| item).collect(), head })
        })
    }
}

/// Whether it has a placeholder that no program writes: a text with values may be a line of a log, whose asterisks and brackets are its own.
fn names_a_place(text: &str) -> bool {
    let is_name = |inside: &str| {
        inside.split_once('}').is_some_and(|(name, _)| name.starts_with(char::is_alphabetic) && !name.contains(char::is_numeric))
    };
    text.contains("<*>") || text.contains("%s") || text.split('{').skip(1).any(is_name)
}

impl Entry {
    /// Checks a rule and takes it apart.
    pub fn new(rule: Rule, vocabulary: &mut Vocabulary, digits: &mut Digits) -> Result<Self, RuleError> {
        let keywords = &rule.keywords;
        let stated_words =
            keywords.any.iter().chain(&keywords.one_of).chain(&keywords.all).chain(&keywords.none).chain(&rule.status_keywords);
        if let Some(keyword) = stated_words.clone().find(|keyword| is_identifier(keyword)) {
            return Err(RuleError::Identifier { id: rule.id, keyword: keyword.chars().take(8).chain(['…']).collect() });
        }
        let regex = match &rule.regex {
            None => None,
            Some(pattern) => match RegexBuilder::new(pattern).size_limit(MAX_REGEX_BYTES).build() {
                Ok(regex) => Some(Box::new(regex)),
                Err(source) => return Err(RuleError::Regex { id: rule.id, source: Box::new(source) }),
            },
        };
        let scan = Scan::new(&rule.text);
        let code = rule.code.as_deref().and_then(fold_code);
        let stated = Stated::new(&rule, vocabulary);
        let exact = ExactKey::new(&rule.text);
        if scan.tokens.is_empty() && exact.is_none() && code.is_none() && regex.is_none() && !stated.can_decide() {
            return Err(RuleError::Empty { id: rule.id });
        }
        digits.note_values(&scan);
        digits.note_text(&rule.text);
        let mut items = Vec::new();
        items_into(&scan, |_, token| vocabulary.intern(scan.stem(token)), &mut items);
        Ok(Self {
            id: rule.id,
            head: items.partition_point(|(_, place)| *place < scan.head),
            values: values(&rule.text, &scan, &items),
            runs: runs(&rule.text, &scan, &items),
            template: Template::new(&rule.text, vocabulary, digits),
            items: items.into_iter().map(|(item, _)| item).collect(),
            exact,
            shape: scan.shape(),
            characters: Characters::new(&scan.folded, scan.folded_head),
            stated: (!stated.is_empty()).then(|| Box::new(stated)),
            code,
            regex,
            facts: rule.facts,
        })
    }

    /// The same without what only a verdict needs.
    pub fn words_alone(self) -> Self {
        Self { characters: Characters::default(), exact: None, shape: None, template: None, ..self }
    }

    /// Its words, each once.
    pub fn words(&self) -> Vec<WordId> {
        let mut words: Vec<_> = self.items.iter().filter(|item| item.kind == Kind::Word).map(|item| item.key).collect();
        words.sort_unstable();
        words.dedup();
        words
    }

    /// Whether nothing but its text speaks for it, as it is written.
    pub fn is_text_alone(&self) -> bool {
        self.stated.is_none() && self.code.is_none() && self.template.is_none()
    }

    /// Whether it is an answer only to some Logs.
    pub fn is_conditional(&self) -> bool {
        self.facts > 0
    }

    /// Whether it is recognised by its code and nothing else.
    pub fn is_code_only(&self) -> bool {
        self.code.is_some()
            && self.regex.is_none()
            && self.items.is_empty()
            && self.stated.as_ref().is_none_or(|stated| !stated.can_decide())
    }

    /// Bytes on the heap, roughly.
    pub fn memory_bytes(&self) -> usize {
        let stated = self.stated.as_ref().map_or(0, |stated| stated.memory_bytes());
        let template = self.template.as_ref().map_or(0, |template| size_of::<Template>() + size_of_val(&*template.items));
        template
            + size_of_val(&*self.items)
            + size_of_val(&*self.values)
            + size_of_val(&*self.runs)
            + self.characters.memory_bytes()
            + self.id.as_str().len()
            + stated
    }
}

/// A code as it is compared; `None` for an empty one.
pub fn fold_code(code: &str) -> Option<Box<str>> {
    let folded = code.trim().to_lowercase();
    (!folded.is_empty()).then(|| folded.into())
}

/// A text's tokens as they are compared, each with its place among the tokens; a run of values is one item. `word` is told a word's place, too.
pub fn items_into(scan: &Scan, mut word: impl FnMut(usize, &Token) -> WordId, items: &mut Vec<(Item, usize)>) {
    for (position, token) in scan.tokens.iter().enumerate() {
        let key = match token.kind {
            Kind::Word => word(position, token),
            Kind::Value => literal(token),
            Kind::Placeholder => 0,
        };
        match items.last_mut() {
            Some((last, _)) if token.kind == Kind::Value && last.kind == Kind::Value => last.key = last.key.rotate_left(5) ^ key,
            _ => items.push((Item { key, kind: token.kind, soft: token.soft }, position)),
        }
    }
}

/// The items that are values: the place of each, its key, and the tokens of which it is the run.
pub fn value_runs<'a>(scan: &'a Scan, items: &'a [(Item, usize)]) -> impl Iterator<Item = (usize, u32, &'a [Token])> {
    let ends = items.iter().skip(1).map(|(_, place)| *place).chain([scan.tokens.len()]);
    let values = items.iter().zip(ends).enumerate().filter(|(_, ((item, _), _))| item.kind == Kind::Value);
    values.map(|(place, ((item, start), end))| (place, item.key, scan.tokens.get(*start..end).unwrap_or_default()))
}

/// Whether a run of values is none that identifies a customer, a card or a session.
pub fn is_plain(text: &str, run: &[Token]) -> bool {
    let written = run.first().zip(run.last()).and_then(|(first, last)| text.get(first.at.0 as usize..last.at.1 as usize));
    written.is_some_and(|written| !is_identifier(written))
}

/// The keys of the values by which an entry may be found: of a run, each value's own.
fn values(text: &str, scan: &Scan, items: &[(Item, usize)]) -> Box<[u32]> {
    let mut values = Vec::new();
    for (_, key, run) in value_runs(scan, items).filter(|(.., run)| is_plain(text, run)) {
        match run {
            [_] => values.push(key),
            _ => values.extend(run.iter().map(literal)),
        }
    }
    values.sort_unstable();
    values.dedup();
    values.into()
}

/// The values that stand in a run with others, with the place of the run among the items.
fn runs(text: &str, scan: &Scan, items: &[(Item, usize)]) -> Box<[(u16, u32)]> {
    let runs = value_runs(scan, items).filter(|(.., run)| run.len() > 1 && is_plain(text, run));
    runs.flat_map(|(place, _, run)| run.iter().map(move |token| (place as u16, literal(token)))).collect()
}

/// The key of a value.
pub fn literal(token: &Token) -> u32 {
    (token.hash >> 32) as u32
}
