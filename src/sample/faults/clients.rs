//! Files of clients, identification, monitoring.

use super::Message;

pub(super) const MESSAGES: [Message; 11] = [
    Message::exact("kyc-expired", "Термін актуалізації анкети клієнта минув, видаткові операції заборонено"),
    Message::keyword("kyc-expired", "Клієнт {client}: до {date} потрібна актуалізація анкети"),
    Message::template("client-not-found", "Клієнта з РНОКПП {taxcode} не знайдено"),
    Message::exact("sanctions-hit", "Операцію зупинено: збіг із переліком осіб, до яких застосовано санкції"),
    Message::keyword("sanctions-hit", "Платіж {document} зупинено: до отримувача застосовано санкції, перелік {n}"),
    Message::template("client-duplicate", "Client with tax number {taxcode} already exists in branch {branch}"),
    Message::template("passport-invalid", "Паспортний документ № {document} визнано недійсним за даними реєстру"),
    Message::exact("power-of-attorney-expired", "Термін дії довіреності представника закінчився"),
    Message::keyword("power-of-attorney-expired", "Представник клієнта {client}: строк дії довіреності минув {date}"),
    Message::template("client-phone", "Financial phone number of client {client} is not confirmed"),
    Message::exact("diia-unavailable", "Сервіс обміну документами Дія тимчасово недоступний"),
];
