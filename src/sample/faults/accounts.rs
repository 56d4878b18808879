//! Accounts and agreements.

use super::Message;

pub(super) const MESSAGES: [Message; 14] = [
    Message::template("insufficient-funds", "Недостатньо коштів на рахунку {account}: доступно {amount}, потрібно {amount}"),
    Message::keyword("insufficient-funds", "Платіж {document} відхилено: у платника недостатньо коштів"),
    Message::keyword("insufficient-funds", "Нeдостатньо кoштів для списання комісії, рахунок {account}"),
    Message::template("account-not-found", "Рахунок {account} не знайдено"),
    Message::template("account-seized", "Рахунок {iban} заблоковано: арешт коштів"),
    Message::keyword("account-seized", "Видаток {document} неможливий: накладено арешт коштів на {amount}"),
    Message::keyword("account-seized", "Постанову про арешт коштiв {document} внесено, рахунок {account}"),
    Message::template("account-closed", "Account {account} is closed, credit and debit operations are not allowed"),
    Message::template("account-not-registered-tax", "Рахунок {iban} не взято на облік у ДПС, видаткові операції неможливі"),
    Message::template("balance-changed", "Optimistic lock failed: balance of account {account} was changed by another transaction"),
    Message::template("tariff-package-missing", "Не визначено тарифний пакет для договору обслуговування {document}"),
    Message::template("deposit-early-termination", "Deposit agreement {document} does not allow early withdrawal"),
    Message::template("account-dormant", "Рахунок {account} не використовувався понад три роки, потрібна актуалізація"),
    Message::template("statement-too-long", "Statement period of {n} months must not exceed 366 days"),
];
