//! The database and the application server.

use super::Message;

pub(super) const MESSAGES: [Message; 22] = [
    Message::exact("ora-00060-deadlock", "ORA-00060: deadlock detected while waiting for resource").coded("ORA-00060"),
    Message::exact("ora-00001-unique", "ORA-00001: unique constraint (FRONT.UK_DOC_REF) violated"),
    Message::template("ora-00001-unique", "ORA-00001: unique constraint ({object}) violated"),
    Message::keyword(
        "null-reference",
        "System.NullReferenceException: Object reference not set to an instance of an object\n   at Bars.Front.Payments.Save(Int64 id)\n   at Bars.Front.Handler.Run()",
    ),
    Message::exact("ora-03113-eof", "ORA-03113: end-of-file on communication channel"),
    Message::template("server-overloaded", "Сервер перевантажено, спробуйте за {n} хв"),
    Message::template("server-maintenance", "System is in maintenance mode until {time}"),
    Message::keyword("server-maintenance", "Call rejected, {host} is in maintenance mode"),
    Message::exact("ora-01653-tablespace", "ORA-01653: unable to extend table FRONT.DOC_JOURNAL by 8192 in tablespace FRONT_DATA"),
    Message::template("ora-01653-tablespace", "ORA-01653: unable to extend table {object} by 1024 in tablespace FRONT_DATA"),
    Message::keyword("report-job-aborted", "Формування звіту {document} перервано сервером {host}"),
    Message::exact("pg-serialization", "SQLSTATE 40001: could not serialize access due to concurrent update").coded("40001"),
    Message::template("scheduler-job-failed", "Завдання планувальника № {n} завершилося з помилкою"),
    Message::exact("ora-00054-resource-busy", "ORA-00054: resource busy and acquire with NOWAIT specified or timeout expired"),
    Message::exact("server-out-of-memory", "java.lang.OutOfMemoryError: Java heap space"),
    Message::keyword("server-out-of-memory", "Report {document} failed: java.lang.OutOfMemoryError: Java heap space"),
    Message::template("client-version-old", "Версія клієнтського застосунку {version} застаріла, встановіть оновлення"),
    Message::exact("ora-02291-parent-missing", "ORA-02291: integrity constraint (FRONT.FK_ACC_CLIENT) violated - parent key not found"),
    Message::template("ora-02291-parent-missing", "ORA-02291: integrity constraint ({object}) violated - parent key not found"),
    Message::exact("file-storage-full", "Недостатньо місця у сховищі файлів для збереження додатка"),
    Message::exact("ora-12514-listener", "ORA-12514: TNS:listener does not currently know of service requested in connect descriptor")
        .coded("ORA-12514"),
    Message::exact("ora-04068-package-state", "ORA-04068: existing state of packages has been discarded"),
];
