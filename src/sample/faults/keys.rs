//! Signatures, keys, certificates.

use super::Message;

pub(super) const MESSAGES: [Message; 12] = [
    Message::template("kep-certificate-expired", "Термін дії сертифіката КЕП закінчився {date}"),
    Message::template("kep-certificate-expired", "ТЕРМІН ДІЇ СЕРТИФІКАТА КЕП ЗАКІНЧИВСЯ {date}"),
    Message::keyword("kep-certificate-expired", "Документ {document} не підписано: строк дії сертифікатів КЕП минув"),
    Message::template("key-password", "Невірний пароль особистого ключа, залишилося спроб: {n}"),
    Message::keyword("signature-data-changed", "Документ {document}: підпис недійсний, дані змінено після накладення"),
    Message::exact("token-not-found", "Носій ключової інформації не знайдено або не підключено"),
    Message::keyword("token-not-found", "Станція {station}: носій ключової інформації від’єднано під час підпису"),
    Message::exact("token-pin-locked", "CKR_PIN_LOCKED: token is locked after failed PIN attempts").coded("CKR_PIN_LOCKED"),
    Message::template("kep-certificate-revoked", "Signature rejected: certificate {hex} has been revoked (CRL)"),
    Message::exact("tls-handshake-untrusted", "SSL handshake failed: unable to get local issuer certificate"),
    Message::template("tls-certificate-expired", "SSL handshake with {host} failed: certificate has expired"),
    Message::template("ocsp-unavailable", "Не вдалося отримати відповідь OCSP-сервера надавача {host}"),
];
