//! Masking as a whole.

use proptest::prelude::*;

use super::*;

fn mask(texts: &[&str]) -> Masked {
    Masker::new(&["Петренко".into()]).unwrap().mask(texts)
}

#[test]
fn an_exchange_keeps_its_form_and_loses_its_secrets() {
    let request = r#"{"sessionid":"slxctezudkzyv0di","pan":"4111 1111 1111 1111","password":"hunter22","client":"Петренко"}"#;
    let response = r#"{"error":"user Петренко: hunter22 rejected for slxctezudkzyv0di, card 4111 1111 1111 1111"}"#;
    let masked = mask(&[request, response]);
    assert_eq!(
        masked.texts,
        [
            r#"{"sessionid":"⟦SESSION_1⟧","pan":"⟦CARD_1⟧","password":"⟦PASSWORD_1⟧","client":"⟦NAME_1⟧"}"#,
            r#"{"error":"user ⟦NAME_1⟧: ⟦PASSWORD_1⟧ rejected for ⟦SESSION_1⟧, card ⟦CARD_1⟧"}"#,
        ]
    );
    let shown = masked.mask.unmask("Card ⟦CARD_1⟧ of ⟦NAME_1⟧: ⟦PASSWORD_1⟧, ⟦TOKEN_9⟧");
    assert_eq!(shown, "Card 4111 1111 1111 1111 of Петренко: ⟦PASSWORD_1⟧, ⟦TOKEN_9⟧");
}

#[test]
fn a_placeholder_in_a_log_is_not_filled() {
    let masked = mask(&["⟦CARD_1⟧ 4111111111111111"]);
    assert_eq!(masked.texts, ["⟦BRACKET_1⟧CARD_1⟧ ⟦CARD_1⟧"]);
    assert_eq!(masked.mask.unmask(&masked.texts[0]), "⟦CARD_1⟧ 4111111111111111");
}

/// Texts with much to be masked in them; each with the values that must not be left.
fn piece() -> impl Strategy<Value = (String, Option<String>)> {
    let secret = "[a-z]{4}[0-9]{4}";
    prop_oneof![
        "[ -~їЇ⟦⟧\\n]{0,12}".prop_map(|text| (text, None)),
        secret.prop_map(|s| (format!(" \"password\":\"{s}\" "), Some(s))),
        secret.prop_map(|s| (format!(" \\\"token\\\": \\\"{s}\\\" "), Some(s))),
        secret.prop_map(|s| (format!(" pwd={s}& "), Some(s))),
        secret.prop_map(|s| (format!(" Bearer {s} "), Some(s))),
        Just((" 4111111111111111 ".to_owned(), Some("4111111111111111".to_owned()))),
        Just((" UA213223130000026007233566001 ".to_owned(), Some("UA213223130000026007233566001".to_owned()))),
        "[a-z]{1,6}@[a-z]{1,6}\\.ua".prop_map(|s| (format!(" {s} "), Some(s))),
        Just((" +380501234567 ".to_owned(), Some("+380501234567".to_owned()))),
    ]
}

proptest! {
    #[test]
    fn nothing_masked_is_left(pieces in prop::collection::vec(piece(), 0..12)) {
        let text: String = pieces.iter().map(|(text, _)| text.as_str()).collect();
        let masked = mask(&[&text]);
        for value in pieces.iter().filter_map(|(_, value)| value.as_ref()) {
            prop_assert!(!masked.texts[0].contains(value.as_str()), "{} in {}", value, masked.texts[0]);
        }
    }

    #[test]
    fn what_holds_no_secret_comes_back(pieces in prop::collection::vec(prop_oneof![
        "[ -~їЇ⟦⟧\\n]{0,16}", Just("4111111111111111".to_owned()), Just("⟦CARD_1⟧".to_owned()), Just("a@b.ua".to_owned()),
        Just("\"sessionid\":\"abcdef1\"".to_owned()),
    ], 0..12)) {
        let text = pieces.concat();
        let masked = mask(&[&text]);
        let secret = ["⟦PASSWORD_", "⟦TOKEN_"].iter().any(|label| masked.texts[0].contains(label));
        if !secret {
            prop_assert_eq!(masked.mask.unmask(&masked.texts[0]), text);
        }
    }

    #[test]
    fn any_text_is_masked_without_panic(text in any::<String>()) {
        let masked = mask(&[&text, &text]);
        prop_assert_eq!(&masked.texts[0], &masked.texts[1]);
    }
}
