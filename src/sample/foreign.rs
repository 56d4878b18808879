//! Lines that belong to no record.

use super::random::Random;

/// Appends such lines; their number.
pub(super) fn write(random: &mut Random, text: &mut String) -> i64 {
    let (lines, n) = match random.below(5) {
        0 => (
            "System.NullReferenceException: Object reference not set to an instance of an object.\n   at Bars.Scheduler.Queue.Take()\n   at Bars.Scheduler.Program.Main()\n",
            3,
        ),
        1 => ("---- BarsScheduler 4.12 started ----\n", 1),
        2 => ("=> BarsScheduler at restart\n", 1),
        3 => ("2016-05-08 07:17:45 INFO  queue is empty => sleeping {30 s}\n", 1),
        _ => ("Службу перезапущено оператором\n\n", 1),
    };
    text.push_str(lines);
    n
}
