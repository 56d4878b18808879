//! Lines that only continue the event before them: the traces of Java, .NET, Python, Go, Rust, JavaScript, PHP and Ruby, and
//! whatever is indented.

/// How lines of traces begin, blanks in front aside.
const STARTS: [&str; 25] = [
    "Caused by:",
    "Suppressed:",
    "Wrapped by:",
    "Traceback (",
    "During handling of",
    "The above exception",
    "Exception in thread ",
    "Exception Group",
    "Unhandled exception",
    "--- End of ",
    "Inner exception",
    "Server stack trace",
    "Stack trace:",
    "PHP Stack trace:",
    "stack backtrace:",
    "note: run with `RUST_BACKTRACE",
    "goroutine ",
    "created by ",
    "[signal ",
    "panic: ",
    "panic(",
    "fatal error: ",
    "exit status ",
    "... ",
    "Previous exception",
];

/// Whether a line can only continue the event before it.
pub fn is_continuation(line: &str) -> bool {
    line.starts_with([' ', '\t', '}', ')'])
        || STARTS.iter().any(|start| line.starts_with(start))
        || names_exception(line)
        || is_frame(line)
        || is_numbered(line)
}

/// Whether a line begins with the name of an exception, as the first line of a Java trace and the last of a Python one do.
fn names_exception(line: &str) -> bool {
    const ENDS: [&str; 5] = ["Exception", "Error", "Throwable", "Interrupt", "Failure"];
    let end = line.bytes().take(200).position(|byte| matches!(byte, b':' | b' ' | b'\t')).unwrap_or(line.len());
    let Some((name, rest)) = line.split_at_checked(end) else { return false };
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$' | b'`'));
    let ends = |name: &str| ENDS.iter().any(|end| name.ends_with(end) && name.len() > end.len());
    // .NET: `System.AggregateException (0x80131500): text`.
    is_name && (rest.is_empty() || rest.starts_with(':') || rest.starts_with(" (0x")) && ends(name)
}

/// Whether a line is a call, as Go writes the frames of its traces: `net/http.(*conn).serve(0xc0, {0x7, 0xc1})`.
fn is_frame(line: &str) -> bool {
    let Some((path, _)) = line.strip_suffix(')').and_then(|call| call.rsplit_once('(')) else { return false };
    let is_path = |byte: u8| byte.is_ascii_alphanumeric() || b"./_-()*[]".contains(&byte);
    path.starts_with(|c: char| c.is_ascii_alphanumeric()) && path.contains('.') && path.bytes().all(is_path)
}

/// Whether a line is a frame with a number, as PHP, gdb and the .NET profiler write it: `#0 /srv/pay.php(12): f()`.
fn is_numbered(line: &str) -> bool {
    let Some(rest) = line.strip_prefix('#') else { return false };
    let n_digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    (1..=4).contains(&n_digits) && rest.as_bytes().get(n_digits) == Some(&b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stack_traces_are_known_by_their_lines() {
        for line in [
            "\tat a.B.c(B.java:5)",
            "    raise ValueError",
            "Caused by: java.io.IOException: x",
            "java.lang.NullPointerException",
            "java.net.ConnectException: Connection refused",
            "ValueError: bad",
            "Traceback (most recent call last):",
            "During handling of the above exception, another exception occurred:",
            "... 23 more",
            "System.NullReferenceException: Object reference not set",
            "System.AggregateException (0x80131500): One or more errors occurred.",
            "   at Bank.Pay.Run() in C:\\src\\Pay.cs:line 17",
            "--- End of stack trace from previous location ---",
            "panic: runtime error: index out of range [5] with length 3",
            "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x45]",
            "goroutine 1 [running]:",
            "main.main()",
            "net/http.(*conn).serve(0xc0000b4000, {0x7a1, 0xc1})",
            "github.com/a/b.Run(...)",
            "created by net/http.(*Server).Serve in goroutine 1",
            "exit status 2",
            "#0 /srv/pay.php(12): pay()",
        ] {
            assert!(is_continuation(line), "{line}");
        }
        for line in
            ["", "Error", "An Error: x", "INFO started", "{\"a\":1}", "Connection refused", "#tag", "see main.go (and more)", "f(x)", "()"]
        {
            assert!(!is_continuation(line), "{line}");
        }
    }
}
