//! Signing in, rights, sessions.

use super::{Message, When};

pub(super) const MESSAGES: [Message; 20] = [
    Message::exact("session-not-found-working", "Сесію не знайдено або її вже закрито").when(When::NotMethod("CloseSession")),
    Message::exact("session-not-found-closing", "Сесію не знайдено або її вже закрито").when(When::Method("CloseSession")),
    Message::exact("login-wrong-password", "Невірне ім'я користувача або пароль"),
    Message::keyword("login-wrong-password", "Вхід {user} відхилено: невірне ім'я користувача чи пароль"),
    Message::exact("role-not-granted", "Недостатньо прав для виконання операції: роль \"OPER_VAL\" не призначена"),
    Message::template("role-not-granted", "Недостатньо прав для виконання операції: роль \"{role}\" не призначена"),
    Message::exact("session-idle-timeout", "Session expired due to inactivity, please sign in again"),
    Message::keyword("session-idle-timeout", "Token of {user} was refused: session {hex} expired due to inactivity"),
    Message::template("workstation-not-registered", "Access denied: workstation {station} is not registered for branch {branch}"),
    Message::template("operator-already-signed-in", "Користувач {user} вже зареєстрований у системі з іншого робочого місця"),
    Message::exact("channel-atm", "Operation is not permitted in this channel").when(When::Param("channel", "\"ATM\"")),
    Message::exact("channel-web", "Operation is not permitted in this channel").when(When::Param("channel", "\"WEB\"")),
    Message::exact("session-killed-working", "ORA-00028: your session has been killed").when(When::NotMethod("CloseSession")),
    Message::exact("session-killed-closing", "ORA-00028: your session has been killed").when(When::Method("CloseSession")),
    Message::keyword("user-blocked-attempts", "Користувача заблоковано на {n} хв: {n} невдалих спроб входу зі станції {ip}"),
    Message::exact("outside-working-hours", "Вхід заборонено: поза межами робочого часу підрозділу"),
    Message::keyword("outside-working-hours", "Запит {user} відхилено, {time} — поза межами робочого часу відділення"),
    Message::exact("ora-28000-account-locked", "ORA-28000: the account is locked").coded("ORA-28000"),
    Message::exact("ora-28001-password-expired", "ORA-28001: the password has expired").coded("ORA-28001"),
    Message::exact("too-many-sessions", "ORA-02391: exceeded simultaneous SESSIONS_PER_USER limit").coded("ORA-02391"),
];
