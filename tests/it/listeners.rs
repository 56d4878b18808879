//! syslog and GELF without HTTP, by real daemons and libraries, with the configurations of `deploy/shippers`.
//!
//! `LOGHELPER_TEST_RSYSLOGD` and `LOGHELPER_TEST_SYSLOG_NG` name the programs where they are not where Debian puts them.

use std::{
    fs,
    net::{TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::{
    poster::records,
    shippers::{Office, n_errors, python},
};

/// A daemon, killed when it is dropped.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// A program that a variable names, or that is where Debian puts it.
fn program(variable: &str, usual: &str) -> Option<PathBuf> {
    let program = std::env::var_os(variable).map_or_else(|| PathBuf::from(usual), PathBuf::from);
    if !program.exists() {
        eprintln!("skipped: there is no {}", program.display());
        return None;
    }
    Some(program)
}

fn free_port() -> u16 {
    let tcp = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap();
    UdpSocket::bind(tcp).map(|_| tcp.port()).unwrap_or_else(|_| free_port())
}

/// An office whose log is shipped by daemons, each with a folder of its own.
struct Shipped {
    office: Office,
    folder: tempfile::TempDir,
}

impl Shipped {
    /// With these listeners, each at a port.
    fn new(listeners: &[(&str, u16)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut config = String::new();
        for (protocol, port) in listeners {
            config.push_str(&format!("[[listeners]]\naddress = \"127.0.0.1:{port}\"\nprotocol = \"{protocol}\"\nbranch = \"K01\"\n"));
            if *protocol == "syslog_tls" {
                certify(folder.path());
                config.push_str(&format!("certificate = \"{}\"\nprivate_key = \"{}\"\n", path("tls.crt"), path("tls.key")));
            }
        }
        Self { office: Office::with(&config), folder }
    }

    /// A sample configuration with the places of this test; `change` is made in it beside that.
    fn config(&self, name: &str, port: u16, log: &[u8], change: (&str, &str)) -> PathBuf {
        let own = self.folder.path().join(format!("{port}-{}", change.1.len()));
        fs::create_dir(&own).unwrap();
        fs::write(own.join("gate.log"), log).unwrap();
        let sample = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/shippers")).join(name);
        let web = self.office.url();
        let text = fs::read_to_string(sample)
            .unwrap()
            .replace(change.0, change.1)
            .replace("loghelper.bank.example", "127.0.0.1")
            .replace("8080", web.rsplit(':').next().unwrap())
            .replace("6514", &port.to_string())
            .replace("lhk_KEY", &self.office.key)
            .replace("/etc/loghelper/ca.crt", &self.folder.path().join("tls.crt").display().to_string())
            .replace("/var/log/bars", &own.display().to_string());
        let config = own.join("config");
        fs::write(&config, text).unwrap();
        config
    }

    /// `None` where a module of it is not installed.
    fn rsyslog(&self, program: &Path, config: &Path) -> Option<Daemon> {
        let folder = config.parent().unwrap();
        let text = format!("global(workDirectory=\"{}\")\n{}", folder.display(), fs::read_to_string(config).unwrap());
        fs::write(config, text).unwrap();
        let checked = Command::new(program).arg("-N1").arg("-f").arg(config).output().unwrap();
        let said = String::from_utf8_lossy(&checked.stderr);
        if said.contains("could not load module") {
            eprintln!("skipped: {said}");
            return None;
        }
        assert!(checked.status.success(), "{said}");
        let mut command = Command::new(program);
        command.arg("-n").arg("-f").arg(config).arg("-i").arg(folder.join("pid"));
        Some(Daemon(command.stdin(Stdio::null()).spawn().unwrap()))
    }

    fn syslog_ng(&self, program: &Path, config: &Path) -> Daemon {
        let folder = config.parent().unwrap();
        let mut command = Command::new(program);
        command.args(["--foreground", "--no-caps"]).arg("--cfgfile").arg(config);
        for (flag, file) in [("--pidfile", "pid"), ("--persist-file", "persist"), ("--control", "control")] {
            command.arg(flag).arg(folder.join(file));
        }
        Daemon(command.stdin(Stdio::null()).spawn().unwrap())
    }
}

/// A certificate for this machine that is its own authority.
fn certify(folder: &Path) {
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]);
    command.args(["-addext", "subjectAltName=DNS:127.0.0.1,IP:127.0.0.1"]);
    let output = command.arg("-keyout").arg(folder.join("tls.key")).arg("-out").arg(folder.join("tls.crt")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn lines(by: &str, n: usize) -> Vec<u8> {
    (0..n).map(|n| format!("register {n} by {by} is closed: Київ\n")).collect::<String>().into_bytes()
}

#[test]
fn rsyslog_delivers_by_datagrams_by_both_framings_and_under_tls() {
    let Some(program) = program("LOGHELPER_TEST_RSYSLOGD", "/usr/sbin/rsyslogd") else { return };
    let ports = [free_port(), free_port(), free_port()];
    let shipped = Shipped::new(&[("syslog_udp", ports[0]), ("syslog_tcp", ports[1]), ("syslog_tls", ports[2])]);
    let counted = "TCP_Framing=\"octet-counted\"";
    let (plain, tls) = ("rsyslog-forward.conf", "rsyslog-forward-tls.conf");
    let old_form = "protocol=\"udp\"\n template=\"RSYSLOG_TraditionalForwardFormat\")\n#";
    // The system drops datagrams for which it has no room: with those that are counted as lost there are as many as were sent.
    let (mut n, mut lost) = (0, 0);
    for (by, sample, port, change) in [
        ("datagrams", plain, ports[0], ("protocol=\"tcp\"", "protocol=\"udp\"")),
        ("the old form", plain, ports[0], ("protocol=\"tcp\" TCP_Framing=\"octet-counted\"\n", old_form)),
        ("counts", plain, ports[1], ("nothing", "")),
        ("lines", plain, ports[1], (counted, "TCP_Framing=\"traditional\"")),
        ("TLS", tls, ports[2], ("nothing", "")),
    ] {
        let config = shipped.config(sample, port, &lines(by, 300), change);
        let Some(_daemon) = shipped.rsyslog(&program, &config) else { return };
        n += 300;
        let (logs, lost_now) = shipped.office.until_with_lost(n, "syslog_udp");
        let expected = 300 - (lost_now - lost);
        assert_eq!((logs.len(), n_errors(&logs, &format!("by {by} is closed: Київ"))), (n - lost_now, expected), "{by}");
        assert!(port == ports[0] || lost_now == lost, "{by}");
        assert!(logs.iter().all(|log| log["request"]["app"] == "gate" && log["request"]["sender"] == "127.0.0.1"), "{by}");
        lost = lost_now;
    }
}

#[test]
fn rsyslog_delivers_records_by_bulk_requests() {
    let Some(program) = program("LOGHELPER_TEST_RSYSLOGD", "/usr/sbin/rsyslogd") else { return };
    let shipped = Shipped::new(&[]);
    let config = shipped.config("rsyslog-elasticsearch.conf", 1, &records(0..500, true, true), ("nothing", ""));
    let Some(_daemon) = shipped.rsyslog(&program, &config) else { return };
    let logs = shipped.office.until_whole(500);
    assert_eq!((logs.len(), n_errors(&logs, "is not available")), (500, 50));
}

#[test]
fn rsyslog_delivers_records_and_messages_by_gelf() {
    let Some(program) = program("LOGHELPER_TEST_RSYSLOGD", "/usr/sbin/rsyslogd") else { return };
    let port = free_port();
    let shipped = Shipped::new(&[("gelf_tcp", port)]);
    {
        let config = shipped.config("rsyslog-gelf.conf", port, &records(0..500, true, true), ("nothing", ""));
        let Some(_daemon) = shipped.rsyslog(&program, &config) else { return };
        let logs = shipped.office.until_whole(500);
        assert_eq!((logs.len(), n_errors(&logs, "is not available")), (500, 50));
    }
    let each_line = (" startmsg.regex=\"^(=>|<=) \" readTimeout=\"2\"", " ");
    let config = shipped.config("rsyslog-gelf.conf", port, &lines("\"rsyslog\"", 300), each_line);
    let Some(_daemon) = shipped.rsyslog(&program, &config) else { return };
    let logs = shipped.office.until(800);
    assert_eq!((logs.len(), n_errors(&logs, "by \"rsyslog\" is closed: Київ")), (800, 300));
}

#[test]
fn syslog_ng_delivers_records_by_http_by_loki_and_messages_by_syslog() {
    let Some(program) = program("LOGHELPER_TEST_SYSLOG_NG", "/usr/sbin/syslog-ng") else { return };
    let port = free_port();
    let shipped = Shipped::new(&[("syslog_tcp", port)]);
    {
        let config = shipped.config("syslog-ng-http.conf", 1, &records(0..500, true, true), ("nothing", ""));
        let _daemon = shipped.syslog_ng(&program, &config);
        let logs = shipped.office.until_whole(500);
        assert_eq!((logs.len(), n_errors(&logs, "is not available")), (500, 50));
    }
    {
        let config = shipped.config("syslog-ng-loki.conf", 2, &records(500..1000, true, true), ("nothing", ""));
        let _daemon = shipped.syslog_ng(&program, &config);
        let logs = shipped.office.until_whole(1000);
        assert_eq!((logs.len(), n_errors(&logs, "is not available")), (1000, 100));
    }
    let config = shipped.config("syslog-ng-syslog.conf", port, &lines("syslog-ng", 300), ("nothing", ""));
    let _daemon = shipped.syslog_ng(&program, &config);
    let logs = shipped.office.until(1300);
    assert_eq!((logs.len(), n_errors(&logs, "by syslog-ng is closed: Київ")), (1300, 300));
}

#[test]
fn graypy_delivers_by_http_by_connections_and_by_datagrams_in_chunks() {
    let ports = [free_port(), free_port()];
    let shipped = Shipped::new(&[("gelf_tcp", ports[0]), ("gelf_udp", ports[1])]);
    let [tcp, udp] = ports.map(|port| port.to_string());
    if !python("gelf.py", &[&shipped.office.url(), "K01", &shipped.office.key, &tcp, &udp]) {
        return;
    }
    let logs = shipped.office.until(5 * 21);
    assert_eq!(logs.len(), 5 * 21);
    for by in ["http", "plain", "tcp", "udp", "chunks"] {
        assert_eq!(n_errors(&logs, &format!("register by {by} is closed: Київ")), 1, "{by}");
    }
}
