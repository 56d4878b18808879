//! Entry, approval and posting of documents; the operational day.

use super::{Message, When};

pub(super) const MESSAGES: [Message; 24] = [
    Message::template("iban-checksum", "Невірний контрольний розряд IBAN отримувача: {iban}"),
    Message::keyword("iban-checksum", "Рахунок отримувача {iban}: контрольний розряд IBAN не сходиться"),
    Message::exact("approval-threshold", "Операція потребує додаткового погодження").when(When::Param("equivalent_uah", "452300.00")),
    Message::exact("approval-ordinary", "Операція потребує додаткового погодження").when(When::Param("equivalent_uah", "61500.50")),
    Message::template("duplicate-document-number", "Документ № {document} з такою датою та сумою вже існує"),
    Message::keyword("duplicate-document-number", "Повторне введення: документ із такою датою та сумою є в журналі під номером {document}"),
    Message::template("operator-limit-exceeded", "Перевищено ліміт операціоніста на суму однієї операції: {amount} з {amount}"),
    Message::template("forbidden-characters", "Реквізит \"{field}\" містить недопустимі символи: позиція {n}"),
    Message::template("document-already-posted", "Cannot modify document {document}: it is already posted"),
    Message::keyword("document-already-posted", "Reversal refused: the document {document} is already posted"),
    Message::exact("purpose-too-short", "Призначення платежу не заповнене або містить менше 3 символів"),
    Message::template("banking-day-not-open", "Operation rejected: banking day {date} is not open for branch {branch}"),
    Message::template("day-unposted", "Закриття дня неможливе, непроведених документів: {n}"),
    Message::template("value-date-closed", "Дата валютування {date} належить до закритого операційного дня"),
    Message::template("edrpou-mismatch", "Ідентифікаційний код {taxcode} не відповідає власнику рахунку {iban}"),
    Message::exact("budget-code-missing", "Для бюджетного платежу не вказано код виду сплати"),
    Message::keyword("budget-code-missing", "Документ {document} повернено: відсутній код виду сплати, рахунок {iban}"),
    Message::template("document-locked-by-user", "Документ {document} редагується користувачем {user}, зміна неможлива"),
    Message::exact("second-signature-same-user", "Контролер не може візувати документ, введений ним самим"),
    Message::template("posting-scheme-missing", "Не знайдено схему бухгалтерських проводок для операції {code}"),
    Message::exact("currency-mismatch", "Currency of the document does not match currency of the debit account"),
    Message::template("payment-revoke-late", "Cannot revoke payment {document}: it is already sent to clearing"),
    Message::exact("rate-changed", "Курс змінено під час оформлення операції"),
    Message::template("nbu-rate-not-set", "Official NBU exchange rate is not set for {date}"),
];
