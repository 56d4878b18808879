use super::*;
use crate::usecase::knowledge_base::StatusEntry;

fn stored() -> Document {
    let answer = |text: &str, text_uk: Option<&str>| AnswerEntry { text: text.to_owned(), text_uk: text_uk.map(str::to_owned) };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let status = serde_json::from_str::<StatusEntry>("{\"code\":10,\"title\":\"Accounts\"}").unwrap();
    let entries = vec![
        KnownErrorEntry {
            id: Some("formula".to_owned()),
            title: Some("=1+1".to_owned()),
            title_uk: Some("-назва".to_owned()),
            text: "@SUM \"A1\", \n=x".to_owned(),
            keywords: words(&["a;b", "c"]),
            keywords_any: words(&["one", "two, three"]),
            code: Some("-5".to_owned()),
            regex: Some("^a;b$".to_owned()),
            conditions: Some("branch = \"K01\"".to_owned()),
            status: Some(StatusCode(10)),
            state: LifeCycle::Fixed,
            answers: vec![answer("First.\n\nSecond part.\n---\n\\---", None), answer("Next", Some("Далі"))],
            ..KnownErrorEntry::default()
        },
        KnownErrorEntry {
            id: Some("plain".to_owned()),
            title: Some("Plain".to_owned()),
            text: "'=guarded".to_owned(),
            answers: vec![answer("a", None), answer("b\nc", None)],
            ..KnownErrorEntry::default()
        },
    ];
    Document { statuses: vec![status], known_errors: entries }
}

fn written(document: &Document) -> String {
    let documents: Vec<_> = document.known_errors.iter().map(|entry| entry.to_documents("t", DateTime::from_millis(0))).collect();
    let entries: Vec<KnownError> = documents.iter().map(|(entry, _)| entry.clone()).collect();
    table(&entries, |entry| documents.iter().find(|(other, _)| other.id == entry.id).map(|(_, given)| given.clone()).unwrap_or_default())
}

fn json(entries: &[KnownErrorEntry]) -> serde_json::Value {
    serde_json::to_value(entries).unwrap()
}

#[test]
fn the_table_that_was_written_comes_in_again_as_it_was() {
    let stored = stored();
    let text = written(&stored);
    assert!(!text.contains(",\"=") && !text.contains(",\"-") && !text.contains(",\"@"), "{text}");
    for (base, text) in [(Some(&stored), text.clone()), (None, text.clone()), (Some(&stored), format!("\u{feff}{text}"))] {
        let read = read(&text, base);
        assert_eq!(read.bad, []);
        assert_eq!(json(&read.document.known_errors), json(&stored.known_errors));
    }
}

#[test]
fn what_a_table_has_no_column_for_stays() {
    let stored = stored();
    let read = read("id;title\nplain;Renamed\n", Some(&stored));
    assert_eq!(read.bad, []);
    let expected = KnownErrorEntry { title: Some("Renamed".to_owned()), ..stored.known_errors[1].clone() };
    assert_eq!(json(&read.document.known_errors), json(&[expected]));
    let by_text = super::read("text,status\nThe till is closed,10\n", Some(&stored));
    assert_eq!((by_text.bad.len(), by_text.document.known_errors[0].status), (0, Some(StatusCode(10))));
}

#[test]
fn each_bad_row_is_named_by_its_line_and_the_others_are_good() {
    let text = "text,status,state,regex,colour\n\
        The till is closed,10,approved,,\n\
        \"two\nlines\",99,,,\n\
        No number,ten,,,\n\
        A state,,somewhere,,\n\
        ,,,,\n\
        ,,,(,\n\
        ,10,,,\n\
        The till is closed,,,,\n\
        The last one,,Draft,,\n";
    let read = read(text, Some(&stored()));
    let titles: Vec<_> = read.document.known_errors.iter().map(|entry| entry.text.as_str()).collect();
    assert_eq!(titles, ["The till is closed", "The last one"]);
    let bad: Vec<String> =
        read.bad.iter().map(|(line, fault)| format!("{line} {}", fault.to_string().split(':').next().unwrap())).collect();
    let expected = [
        "1 there is no column `colour`; it is passed over",
        "3 status",
        "5 status",
        "6 state",
        "8 text",
        "9 text",
        "10 line 2 has the same id or text",
    ];
    assert_eq!(bad, expected, "{:?}", read.bad);
}

#[test]
fn what_is_no_table_has_no_rows() {
    for text in ["", "\n\n", "{\"known_errors\":[]}", "owner,count\na,1\n", "a,b\n1,2\n"] {
        let read = read(text, None);
        assert!(
            read.document.known_errors.is_empty() && read.bad.iter().any(|(_, fault)| *fault == RowFault::NoHead),
            "{text:?}: {:?}",
            read.bad
        );
    }
    let open = read("text\nGood one\n\"never closed\nGood two\n", None);
    assert_eq!((open.document.known_errors.len(), open.bad), (1, vec![(3, RowFault::Unclosed)]));
}

#[test]
fn a_column_is_called_what_the_field_is_called_in_versions() {
    let of_no_version = ["id", "count", "last_seen"];
    for column in COLUMNS {
        assert!(review::FIELDS.contains(&column) != of_no_version.contains(&column), "{column}");
    }
}
