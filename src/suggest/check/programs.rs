//! Words that are run: names of programs, commands of PowerShell, statements of SQL. Programs whose name is a word of prose count where
//! what follows is no prose: `kill -9`, `find /var`.

/// Programs whose name is no word of prose.
const PROGRAMS: &str = "\
    apt apt-get awk bash bitsadmin certutil chattr chgrp chmod chown chroot cmd.exe cp crontab cscript curl dd df diskpart dnf docker \
    dpkg egrep emctl expdp fdisk grep gunzip gzip helm icacls ifconfig iisreset impdp ipconfig iptables javaw jmap journalctl jps jstack \
    keytool killall kinit klist kubectl ldapsearch ln ls lsnrctl lsof mkdir mkfs mongod mongodump mongorestore mongosh mshta msiexec mv \
    mysql mysqldump nc ncat netsh netstat nmap npm nslookup ntpdate openssl orapwd passwd pip pkill podman powershell psql pwsh python3 \
    reboot regedit regsvr32 rm rman rmdir robocopy rpm rsync rundll32 schtasks scp sed setfacl sftp smbclient sqlcmd sqlplus srvctl ssh \
    strace su sudo systemctl taskkill tasklist tcpdump telnet tnsping traceroute tracert umount useradd usermod vim wevtutil wget whoami \
    wmic wscript xargs xcopy xp_cmdshell yum zypper";
/// Programs whose name is a word of prose too.
const WORDS: &str = "\
    attrib cat cd cmd copy del dig echo erase exec export find format ftp head host init ip java kill less make mongo more mount move \
    net node perl ping ps python rd reg ren route sc service set sh shred shutdown source split start stop tail tar unlink";

/// First words of the commands of PowerShell.
const VERBS: &str = "\
    add clear copy disable enable export format get import install invoke move new out remove rename reset restart resume set start stop \
    suspend test uninstall write";

/// Statements of SQL: how they begin, and what follows at once.
const STATEMENTS: [(&str, &[&str]); 9] = [
    ("alter", &["database", "index", "profile", "session", "system", "table", "tablespace", "user"]),
    ("create", &["database", "directory", "index", "table", "tablespace", "trigger", "user", "view"]),
    ("delete", &["from"]),
    ("drop", &["database", "index", "schema", "table", "tablespace", "trigger", "user", "view"]),
    ("grant", &["all", "connect", "create", "dba", "execute", "insert", "select", "sysdba"]),
    ("insert", &["into"]),
    ("revoke", &["all", "connect", "create", "dba", "execute", "insert", "select"]),
    ("shutdown", &["abort", "immediate", "transactional"]),
    ("truncate", &["table"]),
];

/// Whether this word, in lower case, begins something to be run, before that next word.
pub(super) fn begins(word: &str, lower: &str, next: &str) -> bool {
    has(PROGRAMS, lower)
        || (lower.starts_with("--") && lower.len() > 3)
        || (has(WORDS, lower) && is_argument(next))
        || is_statement(lower, next)
        || is_cmdlet(word, lower)
}

fn has(list: &str, word: &str) -> bool {
    list.split(' ').any(|listed| listed == word)
}

/// Whether a word, in lower case, and the next one begin a statement of SQL.
pub(super) fn is_statement(lower: &str, next: &str) -> bool {
    let next = next.to_lowercase();
    STATEMENTS.iter().any(|(first, second)| *first == lower && second.contains(&next.as_str()))
}

/// Whether this is an option: `-x`, `--all`, `/f`.
pub(super) fn is_option(word: &str) -> bool {
    (word.starts_with('-') && word.len() > 1) || matches!(word.as_bytes(), [b'/', letter] if letter.is_ascii_alphabetic())
}

/// What stands behind a program and hardly in prose: an option, a path, a variable.
fn is_argument(word: &str) -> bool {
    is_option(word)
        || word.starts_with(['/', '\\', '~', '$', '%', '*'])
        || matches!(word.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// `Restart-Service`, `Invoke-WebRequest`.
fn is_cmdlet(word: &str, lower: &str) -> bool {
    let capital = |part: &str| part.starts_with(|c: char| c.is_ascii_uppercase());
    let parts = word.split_once('-').filter(|(verb, noun)| capital(verb) && capital(noun));
    parts.is_some() && lower.split('-').next().is_some_and(|verb| has(VERBS, verb))
}
