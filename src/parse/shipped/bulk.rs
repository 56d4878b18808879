//! Elasticsearch's bulk requests: a line that says what to do, a line with the document, and so on.

use serde::Deserialize;
use serde_json::Value;

use super::{Event, Shipment, Undecodable, json};

/// Most documents of a request: each is answered with a hundred bytes.
const MAX_ITEMS: usize = 100_000;
/// A line that says what to do is no longer than this.
const MAX_ACTION: usize = 4096;
/// Longest name of an index in the address, as in Elasticsearch: each item that names none is answered with it.
const MAX_INDEX: usize = 255;

/// What is to be done with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Keep it.
    Index,
    /// Keep it if it is not there.
    Create,
    /// Change it: nothing that is logged is changed.
    Update,
    /// Remove it: nothing that is logged is removed so.
    Delete,
}

impl Action {
    const ALL: [Self; 4] = [Self::Index, Self::Create, Self::Update, Self::Delete];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// Whether it is done.
    pub fn is_taken(self) -> bool {
        matches!(self, Self::Index | Self::Create)
    }
}

/// What was asked, to be answered one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What to do.
    pub action: Action,
    /// Where.
    pub index: String,
    /// The document's id, where the client gives it one.
    pub id: Option<String>,
}

/// Reads a request; `index` is that of its address.
///
/// # Errors
/// When it begins with no action, the address names no index that there can be, or it is too large.
pub fn bulk(body: &[u8], index: &str, shipment: &mut Shipment) -> Result<Vec<Item>, Undecodable> {
    if index.len() > MAX_INDEX {
        return Err(Undecodable::Damaged("the name of its index is too long"));
    }
    let mut items: Vec<Item> = Vec::new();
    let mut lines = body.split(|byte| *byte == b'\n').map(|line| line.trim_ascii()).filter(|line| !line.is_empty());
    while let Some(line) = lines.next() {
        if items.len() == MAX_ITEMS {
            return Err(Undecodable::TooLarge(MAX_ITEMS));
        }
        let (item, document) = match action(line, index) {
            Some(item) if item.action == Action::Delete => (item, None),
            Some(item) => (item, lines.next()),
            None if items.is_empty() => return Err(Undecodable::Damaged("its first line is no action")),
            // A line that should say what to do and does not is taken for a document: so nothing is lost where one line is broken.
            None => (Item { action: Action::Index, index: index.to_owned(), id: None }, Some(line)),
        };
        if let (true, Some(document)) = (item.action.is_taken(), document) {
            add(&item, &String::from_utf8_lossy(document), shipment)?;
        }
        items.push(item);
    }
    Ok(items)
}

fn action(line: &[u8], index: &str) -> Option<Item> {
    let line: Value = serde_json::from_slice(line.get(..MAX_ACTION).unwrap_or(line)).ok()?;
    let object = line.as_object().filter(|object| object.len() == 1)?;
    let (word, about) = object.iter().next()?;
    let action = Action::ALL.into_iter().find(|action| action.as_str() == word)?;
    let about = about.as_object()?;
    let named = |name: &str| about.get(name).map(json::text).filter(|text| !text.is_empty());
    Some(Item { action, index: named("_index").unwrap_or_else(|| index.to_owned()), id: named("_id") })
}

fn add(item: &Item, document: &str, shipment: &mut Shipment) -> Result<(), Undecodable> {
    let mut about = String::new();
    for (name, value) in [("index", Some(&item.index)), ("id", item.id.as_ref())] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            json::add(&mut about, name, &json::quoted(value));
        }
    }
    let mut event = Event { text: document.into(), ..Event::default() };
    if !about.is_empty() {
        json::add(event.members.to_mut(), "elastic", &format!("{{{about}}}"));
    }
    shipment.add_object(&source(&item.index, document), &event)
}

/// By what the lines of one file are told from those of others.
fn source(index: &str, document: &str) -> String {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Origin {
        host: Value,
        log: Log,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Log {
        file: Value,
    }
    let Origin { host, log } = serde_json::from_str(document).unwrap_or_default();
    format!("{index} {host} {}", log.file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is answered, a word an item, and the lines that are read.
    fn read(body: &str) -> Result<(String, Vec<String>), Undecodable> {
        let mut shipment = Shipment::new(10_000);
        let items = bulk(body.as_bytes(), "logs", &mut shipment)?;
        let words = items.iter().map(|item| format!("{}:{}:{}", item.action.as_str(), item.index, item.id.as_deref().unwrap_or_default()));
        let text =
            |parcel: super::super::Parcel| String::from_utf8(parcel.body).unwrap().trim_start_matches('\u{FEFF}').trim_end().to_owned();
        Ok((words.collect::<Vec<_>>().join(" "), shipment.into_parcels().into_iter().map(text).collect()))
    }

    #[test]
    fn documents_are_read_and_broken_lines_spoil_no_other() {
        for (body, words, texts) in [
            ("", "", &[][..]),
            ("{\"index\":{}}\n{\"message\":\"a\"}\n", "index:logs:", &["{\"message\":\"a\",\"elastic\":{\"index\":\"logs\"}}"]),
            (
                "{\"create\":{\"_index\":\"b\",\"_id\":7}}\r\n{\"a\":1}\r\n\n{\"delete\":{\"_id\":\"x\"}}\n{\"update\":{}}\n{\"doc\":{}}",
                "create:b:7 delete:logs:x update:logs:",
                &["{\"a\":1,\"elastic\":{\"index\":\"b\",\"id\":\"7\"}}"],
            ),
            (
                "{\"index\":{}}\n{\"a\":\n{\"index\":\n{\"b\":1}\n",
                "index:logs: index:logs: index:logs:",
                &["{\"a\":\n{\"index\":\n{\"b\":1,\"elastic\":{\"index\":\"logs\"}}"],
            ),
            ("{\"index\":{}}", "index:logs:", &[]),
            (
                "{\"index\":{}}\n{\"message\":\"<= B at 5/8/2016 7:17:45 AM: to 10.7.73.12\"}\n{\"index\":{}}\n{\"message\":\"Output = {}\"}",
                "index:logs: index:logs:",
                &["<= B at 5/8/2016 7:17:45 AM: to 10.7.73.12\nOutput = {}"],
            ),
        ] {
            let (found, lines) = read(body).unwrap();
            assert_eq!((found.as_str(), lines.iter().map(String::as_str).collect::<Vec<_>>()), (words, texts.to_vec()), "{body}");
        }
        assert!(matches!(read("{\"message\":\"a\"}\n"), Err(Undecodable::Damaged(_))));
        let long = "x".repeat(MAX_INDEX + 1);
        assert!(matches!(bulk(b"{\"delete\":{}}", &long, &mut Shipment::new(10_000)), Err(Undecodable::Damaged(_))));
        assert_eq!(read(&"{\"delete\":{}}\n".repeat(MAX_ITEMS + 1)).unwrap_err(), Undecodable::TooLarge(MAX_ITEMS));
    }
}
