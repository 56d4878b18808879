//! Cash, cards, printing.

use super::Message;

pub(super) const MESSAGES: [Message; 24] = [
    Message::code("card-no-funds", "51", "Операцію відхилено емітентом"),
    Message::exact("card-declined", "Card operation declined by issuer, response code 05").coded("05"),
    Message::exact("printer-not-ready", "Принтер чеків не готовий: перевірте папір та кришку"),
    Message::keyword("printer-not-ready", "Квитанцію {document} не надруковано: принтер чеків, станція {station}"),
    Message::exact("cash-shift-not-open", "Касова зміна не відкрита, операція неможлива"),
    Message::template("prro-refused", "ПРРО: фіскальний сервер ДПС відхилив чек {document}, невірний локальний номер"),
    Message::exact("card-processing-unavailable", "Процесинговий центр недоступний, операцію з карткою не виконано"),
    Message::keyword("card-processing-unavailable", "Зняття {amount} не виконано: процесинговий центр недоступний з {time}"),
    Message::code("card-wrong-pin", "55", "Операцію відхилено емітентом"),
    Message::code("card-issuer-unavailable", "91", "Операцію не виконано, спробуйте пізніше"),
    Message::exact("card-expired", "Card has expired").coded("54"),
    Message::exact("card-blocked", "Card operation declined: card is blocked by issuer"),
    Message::template("cash-limit-exceeded", "Перевищено ліміт залишку готівки в касі на {amount}"),
    Message::template("cash-balance-mismatch", "Cash desk balance {amount} does not match the accounting balance {amount}"),
    Message::exact("pos-not-reconciled", "Не виконано звірку підсумків POS-термінала за попередній день"),
    Message::keyword("recycler-jam", "Recycler {n}: note jam in transport unit {n}"),
    Message::keyword("banknote-rejected", "Banknote {n} of the bundle was rejected by the counter"),
    Message::template("receipt-offline", "Сервер ПРРО не відповів, чек {document} збережено офлайн"),
    Message::template("print-template-missing", "Template {n} for printing form was not found on server"),
    Message::keyword("card-stock-missing", "Видача картки {client} неможлива: відсутня в реєстрі відділення {branch}"),
    Message::exact("pin-pad-no-connection", "PIN pad communication error: device did not respond on COM3"),
    Message::template("pin-pad-no-connection", "PIN pad communication error: device did not respond on COM{n}"),
    Message::exact("card-3ds", "3-D Secure authentication was not completed by cardholder"),
    Message::template("terminal-offline", "POS-термінал {n} не відповідає"),
];
