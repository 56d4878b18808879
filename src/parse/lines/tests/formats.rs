//! What each line format is and means.

use super::*;
use crate::parse::lines::detect;

/// `format  ¦  line  ¦  date  ¦  level  ¦  server  ¦  message`
pub(super) const LINES: &str = r#"
jsonl ¦ {"ts":"2024-05-01T10:00:00Z","level":"error","service":"pay","msg":"no account"} ¦ 2024-05-01T10:00:00Z ¦ error ¦ pay ¦ no account
jsonl ¦ {"time":1714557600123,"level":50,"name":"pay","err":{"message":"boom"},"msg":"x"} ¦ 2024-05-01T10:00:00.123Z ¦ 50 ¦ pay ¦ x
jsonl ¦ {"log":"error: disk full\n","stream":"stderr","time":"2024-05-01T10:00:00.5Z"} ¦ 2024-05-01T10:00:00.5Z ¦ error ¦  ¦ error: disk full
jsonl ¦ {"__REALTIME_TIMESTAMP":"1714557600000000","PRIORITY":"3","_HOSTNAME":"h","MESSAGE":"m"} ¦ 2024-05-01T10:00:00Z ¦ 3 ¦ h ¦ m
jsonl ¦ {"@timestamp":1714557600123456789,"severityText":"WARN","body":"late"} ¦ 2024-05-01T10:00:00.123Z ¦ WARN ¦  ¦ late
syslog ¦ <34>Oct 11 22:14:15 till-3 su[12]: no entry for the teller ¦ 2024-10-11T22:14:15Z ¦ crit ¦ till-3 ¦ no entry for the teller
syslog ¦ Mar  4 08:16:01 desk login(pam_unix)[411]: password is wrong; user=olena ¦ 2024-03-04T08:16:01Z ¦  ¦ desk ¦ password is wrong; user=olena
syslog ¦ Mar 14 08:16:02 desk syslogd 1.5.0: started. ¦ 2024-03-14T08:16:02Z ¦  ¦ desk ¦ started.
syslog ¦ Jul  9 11:00:55 imac ua.bank.agent[1] (ua.bank.sync[77]): Service left with code 1 ¦ 2024-07-09T11:00:55Z ¦  ¦ imac ¦ Service left with code 1
syslog ¦ Dec 10 07:13:56 atm9 dispenser[227]: fatal: cassette 2 is empty ¦ 2024-12-10T07:13:56Z ¦ fatal ¦ atm9 ¦ fatal: cassette 2 is empty
syslog ¦ Jul  9 11:00:55 imac last message repeated 2 times ¦ 2024-07-09T11:00:55Z ¦  ¦ imac ¦ last message repeated 2 times
syslog ¦ 2024-10-11T22:14:15.003+02:00 host app[1]: started ¦ 2024-10-11T20:14:15.003Z ¦  ¦ host ¦ started
syslog ¦ <165>1 2003-10-11T22:14:15.003Z host app - ID47 [ex@1 a="]\"" b="2"][y@2] An event ¦ 2003-10-11T22:14:15.003Z ¦ notice ¦ host ¦ An event
syslog ¦ <11>1 - - - - - - ¦  ¦ err ¦  ¦ 
log4j ¦ 181109 213615 148 INFO store.Replica$Sender: Sender 1 for part prt_3 ended ¦ 2018-11-09T21:36:15Z ¦ INFO ¦ store.Replica$Sender ¦ Sender 1 for part prt_3 ended
log4j ¦ 181109 213801 97 WARN store.Replica: part prt_9 is short of a copy ¦ 2018-11-09T21:38:01Z ¦ WARN ¦ store.Replica ¦ part prt_9 is short of a copy
log4j ¦ 19/02/09 20:10:40 ERROR batch.Runner: step 3 of the night run failed ¦ 2019-02-09T20:10:40Z ¦ ERROR ¦ batch.Runner ¦ step 3 of the night run failed
log4j ¦ 19/02/09 20:10:41 INFO batch.Runner: step 4 begins ¦ 2019-02-09T20:10:41Z ¦ INFO ¦ batch.Runner ¦ step 4 begins
log4j ¦ 2021-10-18 18:01:47,978 INFO [main] ua.bank.pay.Master: ready for orders ¦ 2021-10-18T18:01:47.978Z ¦ INFO ¦ ua.bank.pay.Master ¦ ready for orders
log4j ¦ 2021-07-29 17:41:44,747 - INFO  [Voter[id=1]/0:0:2181:LeaderChoice@774] - waited 3200 ms ¦ 2021-07-29T17:41:44.747Z ¦ INFO ¦ LeaderChoice ¦ waited 3200 ms
log4j ¦ 2021-07-29 17:41:45,001 - WARN  [Sender:/10.0.0.11:3888:LinkKeeper$Sender@493] - no way to 10.0.0.12 ¦ 2021-07-29T17:41:45.001Z ¦ WARN ¦ LinkKeeper$Sender ¦ no way to 10.0.0.12
log4j ¦ gate-api.log.1 2021-05-16 00:00:00.008 25746 INFO gate.http.server [req-3 113d] 10.1.1.1 "GET" ¦ 2021-05-16T00:00:00.008Z ¦ INFO ¦ gate.http.server ¦ 10.1.1.1 "GET"
log4j ¦ 2021-09-28 04:30:30, Info                  UPD    Loaded package list ¦ 2021-09-28T04:30:30Z ¦ Info ¦ UPD ¦ Loaded package list
log4j ¦ 2021-09-28 04:30:31, Error                 UPD    Package 7 is damaged [code 0x80070005] ¦ 2021-09-28T04:30:31Z ¦ Error ¦ UPD ¦ Package 7 is damaged [code 0x80070005]
log4j ¦ [Sun Dec 04 04:47:44 2022] [error] worker 6 does not answer ¦ 2022-12-04T04:47:44Z ¦ error ¦  ¦ worker 6 does not answer
log4j ¦ [Fri Sep 09 10:42:29.902022 2022] [core:error] [pid 35:tid 43] [client 10.0.0.9] File is missing: /srv/pay ¦ 2022-09-09T10:42:29.902Z ¦ error ¦ core ¦ File is missing: /srv/pay
log4j ¦ 2023/05/11 00:08:24 [error] 123#123: *1 upstream is silent, client: 10.0.0.1 ¦ 2023-05-11T00:08:24Z ¦ error ¦  ¦ 123#123: *1 upstream is silent, client: 10.0.0.1
log4j ¦ 2023-01-01 10:00:00.000  WARN 12345 --- [  main] c.e.App              : started ¦ 2023-01-01T10:00:00Z ¦ WARN ¦ c.e.App ¦ started
log4j ¦ 2023-01-01 10:00:00,123 - my.app - ERROR - no rows ¦ 2023-01-01T10:00:00.123Z ¦ ERROR ¦ my.app ¦ no rows
log4j ¦ [2023-01-01 10:00:00,123] ERROR [Broker id=1] No leader (queue.server.Broker) ¦ 2023-01-01T10:00:00.123Z ¦ ERROR ¦  ¦ No leader (queue.server.Broker)
log4j ¦ 2023-01-01 10:00:00.123 UTC [77] ERROR:  relation "x" does not exist ¦ 2023-01-01T10:00:00.123Z ¦ ERROR ¦  ¦ relation "x" does not exist
log4j ¦ 2023-01-01 10:00:00,123 ERROR [ua.bank.Ejb] (task 1) failed: x ¦ 2023-01-01T10:00:00.123Z ¦ ERROR ¦ ua.bank.Ejb ¦ failed: x
log4j ¦ 14:32:01.123 [main] INFO  c.e.App - started ¦  ¦ INFO ¦ c.e.App ¦ started
log4j ¦ WARNING 2023-01-01 10:00:00,123 disk is full ¦ 2023-01-01T10:00:00.123Z ¦ WARNING ¦  ¦ disk is full
logcat ¦ 03-17 16:13:38.811  1702  2395 D CardReader: chip is warm ¦ 2024-03-17T16:13:38.811Z ¦ debug ¦ CardReader ¦ chip is warm
logcat ¦ 03-17 16:13:39.002  1702  8671 E PinPad  : no answer: timeout ¦ 2024-03-17T16:13:39.002Z ¦ error ¦ PinPad ¦ no answer: timeout
bgl ¦ DISKERR 1117838570 2005.06.03 N02 2005-06-03-15.42.50.675872 N02 RAS KERNEL FATAL cannot read block 5 ¦ 2005-06-03T22:42:50.675Z ¦ FATAL ¦ N02 ¦ cannot read block 5
bgl ¦ - 1117838573 2005.06.03 N02 2005-06-03-15.42.53.276129 N02 RAS APP INFO parity was repaired ¦ 2005-06-03T22:42:53.276Z ¦ INFO ¦ N02 ¦ parity was repaired
thunderbird ¦ - 1131566461 2005.11.09 node8 Nov 9 12:01:01 node8/node8 crond[2915]: run-parts began ¦ 2005-11-09T20:01:01Z ¦  ¦ node8 ¦ run-parts began
thunderbird ¦ R_LINK 1131566479 2005.11.09 core1 Nov 9 12:01:19 core1/core1 kernel: error: eth0 link is down ¦ 2005-11-09T20:01:19Z ¦ error ¦ core1 ¦ error: eth0 link is down
go ¦ [ERROR][server.go:72] 2023/05/11 00:08:24 cannot dial ¦ 2023-05-11T00:08:24Z ¦ ERROR ¦ server.go ¦ cannot dial
go ¦ [INFO] 2023/05/11 00:08:24.5 up ¦ 2023-05-11T00:08:24.5Z ¦ INFO ¦  ¦ up
mine ¦ 2024-01-02T03:04:05Z|ERR|boom ¦ 2024-01-02T03:04:05Z ¦ ERR ¦  ¦ boom
"#;

/// The lines of the table, each with its format.
pub(super) fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    LINES.trim().lines().filter_map(|case| case.split_once(" ¦ ")).filter_map(|(name, rest)| Some((name, rest.split_once(" ¦ ")?.0)))
}

#[test]
fn lines_are_found_to_be_of_their_format_and_read() {
    let Format::Custom(own) = custom(r"^(?<date>\S+Z)\|(?<level>\w+)\|(?<message>.*)$", None) else { panic!() };
    for case in LINES.trim().lines() {
        let [name, line, date, level, server, message] = case.split(" ¦ ").map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("{case}")
        };
        let found = detect(&[line, "\tat stack.Trace(1)"], std::slice::from_ref(&own));
        assert_eq!(found.as_ref().map(Format::name), Some(name), "{line}");
        let event = event(&found.unwrap(), line);
        assert_eq!(event.date.map(|date| date.try_to_rfc3339_string().unwrap()).unwrap_or_default(), date, "{line}");
        assert_eq!(event.level.as_deref().unwrap_or_default(), level, "{line}");
        assert_eq!(event.server.as_deref().unwrap_or_default(), server, "{line}");
        assert_eq!(event.message, message, "{line}");
        assert_eq!(event.fields.get_str("message").unwrap_or(&event.message), message, "{line}");
    }
}

#[test]
fn fields_keep_what_the_format_names() {
    let syslog = event(&Format::Syslog, r#"<165>1 2003-10-11T22:14:15.003Z host app 77 ID47 [ex@1 a="]\\\"" b=""] An event"#).fields;
    let data = syslog.get_document("data").unwrap().get_document("ex@1").unwrap();
    assert_eq!((data.get_str("a").unwrap(), data.get_str("b").unwrap()), ("]\\\"", ""));
    for (name, expected) in [("facility", "local4"), ("app", "app"), ("process", "77"), ("msgid", "ID47")] {
        assert_eq!(syslog.get_str(name).unwrap(), expected);
    }
    let spring = event(&Format::Log4j, "2023-01-01 10:00:00.000  WARN 12345 --- [main] c.e.App : started").fields;
    assert_eq!((spring.get_str("process").unwrap(), spring.get_str("thread").unwrap()), ("12345", "main"));
    let json = event(&Format::Jsonl, r#"{"msg":"x","lvl":"warn","ctx":{"$where":{"$date":5}},"n":[1,null]}"#).fields;
    assert_eq!(json.get_document("ctx").unwrap().get_document("$where").unwrap().get_i32("$date").unwrap(), 5);
    assert_eq!((json.get_str("message").unwrap(), json.get_str("level").unwrap()), ("x", "warn"));
    let mine = event(&custom(r"^(?<account>\d+) (?<message>.*)$", None), "42 no such account").fields;
    assert_eq!((mine.get_str("account").unwrap(), mine.get_str("message").unwrap()), ("42", "no such account"));
}

#[test]
fn layouts_of_ones_own_are_read_by_expressions() {
    for (regex, layout, line, date) in [
        (
            r"^(?<date>\d{8}-[\d:]+)\|(?<server>\w+)\|(?<user>\d+)\|(?<message>.*)$",
            Some("%Y%m%d-%H:%M:%S:%f"),
            "20221223-22:15:29:606|Steps|30002|changed 3579",
            "2022-12-23T22:15:29.606Z",
        ),
        (
            r"^\S+ (?<server>\S+) \S+ \S+ (?<date>\d+) \d (?<message>.*)$",
            None,
            "1 n-2 unix.hw off 1077804742 1 disk",
            "2004-02-26T14:12:22Z",
        ),
    ] {
        let event = event(&custom(regex, layout), line);
        assert_eq!(event.date.unwrap().try_to_rfc3339_string().unwrap(), date, "{line}");
    }
}

#[test]
fn prose_and_unknown_layouts_are_of_no_format() {
    for lines in [
        &[][..],
        &["Dear all,", "the meeting is at 10:00", "see you"],
        &["134681 node-246 unix.hw state.off 1077804742 1 a disk is off", "134682 node-2 unix.hw state.on 1077804743 1 a disk is on"],
        &["20221223-22:15:29:606|Steps|30002|changed 3579", "20221223-22:15:29:615|Steps|30002|changed 3580"],
        &["[10.30 16:49:06] mail.exe - proxy.bank:5070 open", "[10.30 16:49:07] mail.exe - proxy.bank:5070 close, 10 bytes"],
        &["date,amount,account", "2024-01-01,5,26001", "2024-01-02,6,26002"],
    ] {
        assert!(detect(lines, &[]).is_none(), "{lines:?}");
    }
}

#[test]
fn bad_definitions_are_refused_by_name() {
    let layout = Some("%Y %!".to_owned());
    for (name, regex, layout) in [("bad", "(", None), ("bad", "x", None), ("bad", "(?<date>.*)", layout), ("syslog", "(?<a>.)", None)] {
        assert!(CustomFormat::new(name, regex, layout).unwrap_err().to_string().contains(name), "{regex}");
    }
    let unknown = "nonsense".parse::<Format>().unwrap_err().to_string();
    assert_eq!(
        unknown,
        "`nonsense` is no format: auto, bars, jsonl, syslog, bgl, thunderbird, go, logcat, log4j or a name from the configuration is"
    );
}

#[test]
fn errors_are_told_by_their_level() {
    for (format, line, expected) in [
        (Format::Go, "[ERROR][a.go:1] 2023/05/11 00:08:24 x", Some(("x", None))),
        (Format::Go, "[INFO][a.go:1] 2023/05/11 00:08:24 x", None),
        (Format::Bgl, "DISKERR 1117838570 2005.06.03 R 2005-06-03-15.42.50.6 R RAS KERNEL INFO x", Some(("x", None))),
        (Format::Logcat, "03-17 16:13:39.002  17  86 F PinPad: x", Some(("x", None))),
        (Format::Jsonl, r#"{"level":"error","msg":"dial failed","error":"timeout"}"#, Some(("dial failed", Some("timeout")))),
        (Format::Jsonl, r#"{"level":"info","msg":"retry","error":"timeout"}"#, None),
        (Format::Jsonl, r#"{"level":50,"msg":"x"}"#, Some(("x", None))),
        (Format::Jsonl, r#"{"level":40,"msg":"x"}"#, None),
        (Format::Jsonl, r#"{"error":"timeout"}"#, Some(("timeout", None))),
        (Format::Jsonl, r#"{"msg":"fine","error":null}"#, None),
        (Format::Jsonl, r#"{"msg":"fine","error":false}"#, None),
    ] {
        let fault = event(&format, line).fault();
        let found = fault.as_ref().map(|fault| (fault.message.as_str(), fault.detail.as_ref().and_then(|detail| detail.as_str())));
        assert_eq!(found, expected, "{line}");
    }
}
