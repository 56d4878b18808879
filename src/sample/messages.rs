//! What goes wrong in a front office and what stands between records.

use super::random::Random;

/// Methods that clients call.
pub(super) const METHODS: [&str; 12] = [
    "GetAccount",
    "CreatePayment",
    "CloseSession",
    "OpenSession",
    "GetRates",
    "PrintReceipt",
    "SignDocument",
    "GetClient",
    "CheckLimit",
    "SendToSep",
    "GetStatement",
    "BlockCard",
];

/// Errors that no knowledge base knows yet; `#` is a number, `@` an account, `~` a host, `$` an amount.
const UNKNOWN: [&str; 24] = [
    "Не вдалося зарезервувати залишок для рахунку @: сервіс лімітів ~ відповів кодом #",
    "Document @ is in state # and cannot be moved to the archive queue",
    "Timeout after # ms while waiting for tariff engine ~",
    "Сума $ грн не збігається з сумою рядків документа @",
    "Scheduler task # was started twice on node ~",
    "Cannot serialise receipt # : printer profile ~ is missing",
    "Клієнт @ має незавершену ідентифікацію, крок #",
    "Rate source ~ returned an empty table for day #",
    "Помилка перевірки підпису пакета #: алгоритм не підтримується вузлом ~",
    "Deadlock retry # of 5 failed for posting batch @",
    "Черга повідомлень ~ переповнена: # повідомлень очікують",
    "Statement @ has # rows, the template allows fewer",
    "Недостатньо прав касира для операції з сумою $",
    "Replica ~ lags by # seconds, reading from it is refused",
    "Branch calendar has no entry for day #",
    "Файл пакета # пошкоджено: контрольна сума $ не відповідає",
    "Gateway ~ closed the connection after # bytes",
    "Картковий процесинг ~ не підтвердив авторизацію #",
    "Unexpected element at position # of the answer from ~",
    "Договір @ закрито, нарахування відсотків за період # неможливе",
    "Memory quota of report # is used up on ~",
    "Шаблон друку # не знайдено у сховищі ~",
    "Transfer @ was already confirmed by operator #",
    "Перевищено кількість спроб входу: залишилось # хвилин блокування",
];

/// An unknown error with its variables filled in.
pub(super) fn unknown(random: &mut Random) -> String {
    let template = random.zipf(&UNKNOWN).copied().unwrap_or_default();
    fill(template, random)
}

/// Puts values in the place of marks.
fn fill(template: &str, random: &mut Random) -> String {
    let mut text = String::with_capacity(template.len() + 24);
    for c in template.chars() {
        match c {
            '#' => text.push_str(&(100 + random.below(99_900)).to_string()),
            '@' => text.push_str(&account(random)),
            '~' => text.push_str(&format!("srv-{:02}.bank.local", random.below(40))),
            '$' => text.push_str(&format!("{}.{:02}", 1 + random.below(90_000), random.below(100))),
            c => text.push(c),
        }
    }
    text
}

/// An account number.
pub(super) fn account(random: &mut Random) -> String {
    format!("2600{:010}", random.below(10_000_000_000))
}

/// Lines that belong to no record; their number.
pub(super) fn foreign(random: &mut Random, text: &mut String) -> i64 {
    match random.below(3) {
        0 => {
            text.push_str("System.NullReferenceException: Object reference not set to an instance of an object.\n   at Bars.Scheduler.Queue.Take()\n   at Bars.Scheduler.Program.Main()\n");
            3
        }
        1 => {
            text.push_str("---- BarsScheduler 4.12 started ----\n");
            1
        }
        _ => {
            text.push_str("Службу перезапущено оператором\n\n");
            1
        }
    }
}
