//! Other systems: SEP, the National Bank, SWIFT, the network.

use super::{Message, When};

pub(super) const MESSAGES: [Message; 25] = [
    Message::template("gateway-timeout", "Перевищено час очікування відповіді від шлюзу ({ms} мс)"),
    Message::keyword("gateway-timeout", "Платіж {document}: минув час очікування відповіді від шлюзу {host}"),
    Message::template("sep-reject-closed", "Payment {document} was returned by SEP participant {mfo}").coded("AC04"),
    Message::template("sep-reject-bank", "Payment {document} was returned by SEP participant {mfo}").coded("RC01"),
    Message::exact("tcp-connection-refused", "Connection refused: srv-app.bank.local:8443"),
    Message::template("tcp-connection-refused", "Connection refused: {host}:{port}"),
    Message::keyword("tcp-connection-refused", "Cannot reach {ip}:{port}, connection refused by peer"),
    Message::keyword("tcp-connection-refused", "Conection refused: the queue of {host} is not reachable"),
    Message::exact("branch-channel-down", "Відсутній зв'язок з центральним сервером, система працює автономно")
        .when(When::NotBranch("O03")),
    Message::exact("branch-channel-down-o03", "Відсутній зв'язок з центральним сервером, система працює автономно")
        .when(When::Branch("O03")),
    Message::template("sep-signature", "Підпис пакета СЕП {document} не пройшов перевірку"),
    Message::template("sep-not-available", "СЕП НБУ: сеанс обміну недоступний, повторіть спробу о {time}"),
    Message::exact("sep-iso-validation", "SEP reject: pacs.008 schema validation failed at CdtrAcct"),
    Message::keyword("sep-iso-validation", "Document {document} was not sent: pacs.008 schema validation failed in line {n}"),
    Message::exact("swift-nak", "SWIFT NAK received: T27 invalid BIC in field 57A").coded("T27"),
    Message::template("swift-nak", "SWIFT NAK received: T27 invalid BIC in field 58A").coded("T27"),
    Message::keyword("swift-queue-stuck", "SWIFT interface {host}: outgoing queue stalled for {n} min"),
    Message::keyword("stream-cut", "Read from {host} failed: unexpected end of stream after {n} bytes"),
    Message::template("nbu-report-rejected", "Файл звітності {document} відхилено НБУ: помилка контролю показника {code}"),
    Message::template("bic-directory-outdated", "Код банку отримувача {mfo} відсутній у довіднику учасників НБУ"),
    Message::exact("sep-participant-limit", "Ліміт початкових оборотів учасника СЕП вичерпано"),
    Message::keyword("nbu-credit-register", "Кредитний реєстр НБУ: запит відхилено, рядок {n}, код {code}"),
    Message::template("dns-failure", "getaddrinfo failed: host name {host} could not be resolved"),
    Message::exact("swift-charges-code", "Поле 71A не заповнене: вкажіть OUR, SHA або BEN"),
    Message::template("swift-cutoff", "Платіж SWIFT {document} прийнято після операційного часу"),
];
