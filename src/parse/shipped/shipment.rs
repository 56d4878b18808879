//! Events ─► what the parser reads: the lines of each source that writes the branch format as one text, all others as a JSON object a
//! line. The parser is told the same twice where a shipper sends the same twice, and knows it by its content.

use std::collections::BTreeMap;

use super::{Event, Undecodable, json, object::Object, told::Teller};
use crate::parse::{FormatChoice, lines::Format, scan::header};

/// How many times the limit may be looked at, where a body names something large for many small events.
const EFFORT: usize = 16;

/// Says that a text is UTF-8, whatever a branch's files are.
const MARK: &str = "\u{FEFF}";

/// A text to be read in one format.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// How to read it.
    pub format: FormatChoice,
    /// The text.
    pub body: Vec<u8>,
}

/// Records of a source that writes the branch format.
struct Records {
    text: String,
    /// The lines of the last one come one by one.
    follows: Option<Form>,
}

/// How a line comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    /// As message of a JSON object.
    Wrapped,
}

/// What one request brings.
pub struct Shipment {
    limit: usize,
    size: usize,
    /// Bytes that were looked at up to now, again and again what events have in common.
    effort: usize,
    /// By source; from a header that came alone on, its lines stay together.
    records: BTreeMap<String, Records>,
    objects: String,
    teller: Teller,
}

impl Shipment {
    /// An empty one, which grows up to this many bytes.
    pub fn new(limit: usize) -> Self {
        Self { limit, size: 0, effort: 0, records: BTreeMap::new(), objects: String::new(), teller: Teller::new() }
    }

    /// Adds an event of this source.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn add(&mut self, source: &str, event: &Event<'_>) -> Result<(), Undecodable> {
        self.effort = self.effort.saturating_add(source.len() + event.members.len() + event.text.len());
        if self.effort > self.limit.saturating_mul(EFFORT) {
            return Err(Undecodable::TooLarge(self.limit));
        }
        let text = event.text.trim_end_matches(['\r', '\n']);
        let follows = self.records.get(source).and_then(|records| records.follows);
        if follows == Some(Form::Plain) || is_record(text) {
            return self.add_record(source, text, Form::Plain);
        }
        if text.trim().is_empty() && event.members.is_empty() {
            return Ok(());
        }
        let Some(object) = Object::of(text) else {
            let line = self.object_of(event, text);
            return self.add_line(&line);
        };
        match &object.message {
            Some(message) if follows.is_some() || is_record(message) => {
                self.add_record(source, message.trim_end_matches(['\r', '\n']), Form::Wrapped)
            }
            Some(message) if Object::of(message).is_some_and(|inner| inner.is_exchange) => self.add_line(&one_line(message)),
            message => {
                let is_untold = event.level.is_empty() && !object.has_level && !object.is_exchange;
                let told = message.as_deref().filter(|_| is_untold).and_then(|message| self.teller.tell(message));
                self.add_line(&grown(&object, text, event, told))
            }
        }
    }

    /// Adds what is said to be a JSON object, and is kept as it came where it is none.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn add_object(&mut self, source: &str, event: &Event<'_>) -> Result<(), Undecodable> {
        match Object::of(&event.text) {
            Some(_) => self.add(source, event),
            None => self.reject(&event.text),
        }
    }

    /// Adds a piece that cannot be read: it goes to quarantine.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn reject(&mut self, piece: &str) -> Result<(), Undecodable> {
        self.add_line(&one_line(piece))
    }

    /// What is to be read.
    pub fn into_parcels(self) -> Vec<Parcel> {
        let records = self.records.into_values().fold(String::new(), |all, records| all + &records.text);
        let parcel = |format, text: String| (!text.is_empty()).then(|| Parcel { format, body: [MARK, &text].concat().into_bytes() });
        [parcel(FormatChoice::Records, records), parcel(FormatChoice::Lines(Format::Jsonl), self.objects)].into_iter().flatten().collect()
    }

    fn add_record(&mut self, source: &str, text: &str, form: Form) -> Result<(), Undecodable> {
        self.grow(text.len() + 1)?;
        if !self.records.contains_key(source) {
            self.records.insert(source.to_owned(), Records { text: String::new(), follows: None });
        }
        if let Some(records) = self.records.get_mut(source) {
            // A shipper that keeps lines together sends whole records.
            records.follows = (!text.contains('\n')).then_some(form);
            records.text.push_str(text);
            records.text.push('\n');
        }
        Ok(())
    }

    fn add_line(&mut self, line: &str) -> Result<(), Undecodable> {
        self.grow(line.len() + 1)?;
        self.objects.push_str(line);
        self.objects.push('\n');
        Ok(())
    }

    fn grow(&mut self, n_bytes: usize) -> Result<(), Undecodable> {
        self.size += n_bytes;
        if self.size > self.limit { Err(Undecodable::TooLarge(self.limit)) } else { Ok(()) }
    }

    /// An event whose text is no object.
    fn object_of(&mut self, event: &Event<'_>, text: &str) -> String {
        let told = event.level.is_empty().then(|| self.teller.tell(text)).flatten();
        let (level, message) = told.as_ref().map_or((event.level.as_ref(), text), |(level, message)| (level, message));
        let mut members = String::new();
        let moment = event.moment().unwrap_or_default();
        for (name, value) in [("time", moment.as_str()), ("level", level), ("service", &event.service), ("message", message)] {
            if !value.is_empty() {
                json::add(&mut members, name, &json::quoted(value));
            }
        }
        if told.is_some() {
            json::add(&mut members, "line", &json::quoted(text));
        }
        push_members(&mut members, &event.members);
        format!("{{{members}}}")
    }
}

/// Whether a line of a text is a header of the branch format.
pub(super) fn is_record(text: &str) -> bool {
    let has_arrow = |line: &str| matches!(line.trim_start_matches(['\u{FEFF}', ' ', '\t']).as_bytes(), [b'=', b'>', ..] | [b'<', b'=', ..]);
    text.lines().any(|line| has_arrow(line) && header::read(line.as_bytes()).is_some())
}

/// An object with what its shipper says of it, where it does not say it itself. An exchange knows its place by its own members.
fn grown(object: &Object, text: &str, event: &Event<'_>, told: Option<(String, String)>) -> String {
    let mut line = one_line(text.trim());
    let mut members = String::new();
    let moment = event.moment().unwrap_or_default();
    let is_event = !object.is_exchange;
    for (name, value, is_wanted) in [
        ("time", moment.as_str(), !object.has_date),
        ("level", &event.level, is_event && !object.has_level),
        ("service", &event.service, is_event && !object.has_server),
    ] {
        if is_wanted && !value.is_empty() {
            json::add(&mut members, name, &json::quoted(value));
        }
    }
    if let Some((level, message)) = told {
        json::add(&mut members, "level", &json::quoted(&level));
        // Of equal names the parser takes the last.
        json::add(&mut members, "message", &json::quoted(&message));
        json::add(&mut members, "line", &json::quoted(object.message.as_deref().unwrap_or_default()));
    }
    if is_event {
        push_members(&mut members, &event.members);
    }
    if !members.is_empty() && line.pop().is_some() {
        line.push_str(if object.is_empty { "" } else { "," });
        line.push_str(&members);
        line.push('}');
    }
    line
}

fn push_members(members: &mut String, more: &str) {
    if !members.is_empty() && !more.is_empty() {
        members.push(',');
    }
    members.push_str(more);
}

/// A text on one line: line ends of JSON stand between its parts and may be blanks; other control characters would make a file look as
/// if it were no text.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => line.push(' '),
            c if c < ' ' => line.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => line.push(c),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of the parcels, records first, without their marks.
    fn shipped(events: &[(&str, Event<'_>)]) -> Vec<String> {
        let mut shipment = Shipment::new(10_000);
        for (source, event) in events {
            shipment.add(source, event).unwrap();
        }
        let text = |parcel: Parcel| String::from_utf8(parcel.body).unwrap().trim_start_matches(MARK).to_owned();
        shipment.into_parcels().into_iter().map(text).collect()
    }

    fn event(text: &str) -> Event<'_> {
        Event {
            time: Some(1_500_000_000_000_000_000),
            service: "gate".into(),
            text: text.into(),
            members: "\"labels\":{\"a\":\"b\"}".into(),
            ..Event::default()
        }
    }

    const HEADER: &str = "<= Bars at 5/8/2016 7:17:45 AM: to 10.7.73.12";

    #[test]
    fn texts_become_what_they_are() {
        for (text, expected) in [
            ("plain \"text\"\r\n", r#"{"time":"2017-07-14T02:40:00Z","service":"gate","message":"plain \"text\"","labels":{"a":"b"}}"#),
            (
                "2024-01-01 00:00:00,1 ERROR [main] a.B: it broke\n\tat a.B(B.java:1)",
                r#"{"time":"2017-07-14T02:40:00Z","level":"ERROR","service":"gate","message":"it broke","line":"2024-01-01 00:00:00,1 ERROR [main] a.B: it broke\n\tat a.B(B.java:1)","labels":{"a":"b"}}"#,
            ),
            ("{}", r#"{"time":"2017-07-14T02:40:00Z","service":"gate","labels":{"a":"b"}}"#),
            ("{\"ts\":1,\n\"host\":\"h\"}", r#"{"ts":1, "host":"h","labels":{"a":"b"}}"#),
            (
                r#"{"ts":1,"host":"h","message":"2024-01-01 00:00:00,1 ERROR [main] a.B: it broke"}"#,
                r#"{"ts":1,"host":"h","message":"2024-01-01 00:00:00,1 ERROR [main] a.B: it broke","level":"ERROR","message":"it broke","line":"2024-01-01 00:00:00,1 ERROR [main] a.B: it broke","labels":{"a":"b"}}"#,
            ),
            (r#"{"request":{},"time":5}"#, r#"{"request":{},"time":5}"#),
            (r#"{"request":{}}"#, r#"{"request":{},"time":"2017-07-14T02:40:00Z"}"#),
            (r#"{"log":"{\"response\":{\n}}","x":1}"#, r#"{"response":{ }}"#),
            (r#"{"broken":"#, r#"{"time":"2017-07-14T02:40:00Z","service":"gate","message":"{\"broken\":","labels":{"a":"b"}}"#),
        ] {
            assert_eq!(shipped(&[("s", event(text))]), [format!("{expected}\n")], "{text}");
        }
        assert_eq!(shipped(&[("s", Event::default())]), Vec::<String>::new());
    }

    #[test]
    fn lines_of_a_source_that_writes_records_stay_together_from_the_first_header_on() {
        let wrapped = format!("{{\"log\":\"{HEADER}\\n\"}}");
        let found = shipped(&[
            ("a", event("Output = {}")),
            ("a", event(HEADER)),
            ("b", event("between")),
            ("a", event("Output = {}")),
            ("a", event("{\"message\":\"of a body\"}")),
            ("c", event(&wrapped)),
            ("c", event("{\"log\":\"Output = {}\\n\"}")),
        ]);
        let records = format!("{HEADER}\nOutput = {{}}\n{{\"message\":\"of a body\"}}\n{HEADER}\nOutput = {{}}\n");
        assert_eq!((found[0].as_str(), found[1].lines().count()), (records.as_str(), 2));
        let whole = format!("{HEADER}\nOutput = {{}}");
        let found = shipped(&[("a", event(&whole)), ("a", event("of something else")), ("a", event(&whole))]);
        assert_eq!((found[0].as_str(), found[1].lines().count()), (format!("{whole}\n{whole}\n").as_str(), 1));
    }

    #[test]
    fn what_many_events_have_in_common_is_looked_at_a_bounded_number_of_times() {
        let large = "x".repeat(1000);
        let taken = |source: &str, members: &str| {
            let mut shipment = Shipment::new(1000);
            let event = Event { text: HEADER.into(), members: members.into(), ..Event::default() };
            (0..100).take_while(|_| shipment.add(source, &event).is_ok()).count()
        };
        // Of the text alone, which is kept, there is room for so many.
        let n = 1000 / (HEADER.len() + 1);
        assert_eq!([taken("s", ""), taken(&large, ""), taken("s", &large)], [n, EFFORT - 1, EFFORT - 1]);
    }

    #[test]
    fn what_is_rejected_is_one_line_and_what_is_too_much_is_refused() {
        let mut shipment = Shipment::new(20);
        shipment.reject("a\nb\u{1}").unwrap();
        assert_eq!(shipment.reject("0123456789"), Err(Undecodable::TooLarge(20)));
        assert_eq!(shipment.into_parcels()[0].body, format!("{MARK}a b\\u0001\n0123456789\n").trim_end_matches("0123456789\n").as_bytes());
    }
}
