//! What letters say, in each language. Numbers stand behind colons, so that no language has to bend its words by them.

use crate::domain::Tongue;

/// The words of one language.
pub(super) struct Words {
    pub(super) known: &'static str,
    pub(super) unknown: &'static str,
    pub(super) rising: &'static str,
    pub(super) test: &'static str,
    pub(super) test_about: &'static str,
    pub(super) about: &'static str,
    pub(super) known_title: &'static str,
    pub(super) unknown_title: &'static str,
    pub(super) unknown_about: &'static str,
    pub(super) status: &'static str,
    pub(super) answers: &'static str,
    pub(super) per_hour: &'static str,
    pub(super) noticed: &'static str,
    pub(super) more: &'static str,
    pub(super) why: &'static str,
}

const ENGLISH: Words = Words {
    known: "known errors",
    unknown: "unknown errors",
    rising: "more frequent",
    test: "test message",
    test_about: "This is a test. Messages about the branch's errors will arrive here.",
    about: "What failed at branch",
    known_title: "Known errors and what to do",
    unknown_title: "Errors that nobody has explained yet",
    unknown_about: "Head office has been told as well. When an analyst explains one, you get the answer.",
    status: "Status",
    answers: "What to do",
    per_hour: "It has become more frequent. Occurrences during the last hour",
    noticed: "Noticed",
    more: "Read more",
    why: "You get this because your address is subscribed to the messages of this branch in LogHelper. Each error is told once, and again only when it becomes far more frequent.",
};

const UKRAINIAN: Words = Words {
    known: "відомі помилки",
    unknown: "невідомі помилки",
    rising: "почастішали",
    test: "пробне повідомлення",
    test_about: "Це проба. Сюди надходитимуть повідомлення про помилки відділення.",
    about: "Що не спрацювало у відділенні",
    known_title: "Відомі помилки та що робити",
    unknown_title: "Помилки, яких ще ніхто не пояснив",
    unknown_about: "Головний офіс про них теж знає. Коли аналітик пояснить помилку, ви отримаєте відповідь.",
    status: "Статус",
    answers: "Що робити",
    per_hour: "Помилка почастішала. Випадків за останню годину",
    noticed: "Помічено",
    more: "Докладніше",
    why: "Ви отримали цей лист, бо ваша адреса підписана на повідомлення цього відділення в LogHelper. Про кожну помилку повідомляємо один раз, а вдруге — лише тоді, коли вона стає значно частішою.",
};

impl Words {
    /// The words of this language.
    pub(super) fn of(language: Tongue) -> &'static Self {
        match language {
            Tongue::English => &ENGLISH,
            Tongue::Ukrainian => &UKRAINIAN,
        }
    }
}
