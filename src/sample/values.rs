//! The variables of messages and bodies: accounts, documents, hosts, amounts, dates, people.

use std::fmt::Write;

use super::random::Random;

/// Who works in the branches.
const USERS: [&str; 8] = ["o.ivanenko", "n.koval", "v.shevchuk", "i.bondar", "t.melnyk", "s.kravets", "l.hrytsenko", "y.tkach"];

/// Tables and constraints of the database.
const OBJECTS: [&str; 6] =
    ["FRONT.UK_DOC_REF", "FRONT.DOC_JOURNAL", "FRONT.PK_OPER", "FRONT.FK_ACC_CLIENT", "CARDS.UK_PAN_HASH", "FRONT.RATES_HIST"];

/// Roles of the front office.
const ROLES: [&str; 5] = ["OPER_VAL", "CASH_SENIOR", "CONTROL", "CARD_ISSUE", "DEPOSIT_HEAD"];

/// Fields of a payment.
const FIELDS: [&str; 4] = ["призначення", "назва отримувача", "назва платника", "адреса"];

/// Appends a template with its `{variables}` filled in; what is no variable stays as it stands.
pub(super) fn fill(template: &str, random: &mut Random, out: &mut String) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, after)) if value(name, random, out) => rest = after,
            _ => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
}

/// Appends a value of this name; whether there is such a name.
fn value(name: &str, random: &mut Random, out: &mut String) -> bool {
    // Writing to a string does not fail.
    let _ = match name {
        "account" => write!(out, "2600{:010}", random.below(10_000_000_000)),
        "iban" => write!(out, "UA{:02}322313{:05}26007{:09}", 10 + random.below(89), random.below(9), random.below(1_000_000_000)),
        "document" => write!(out, "{}", 10_000 + random.below(990_000)),
        "client" => write!(out, "{}", 1_000_000 + random.below(9_000_000)),
        "taxcode" => write!(out, "{:010}", 1_900_000_000 + random.below(1_700_000_000)),
        "amount" => write!(out, "{}.{:02}", 1 + random.below(90_000), random.below(100)),
        "host" => write!(out, "srv-{:02}.bank.local", random.below(40)),
        "ip" => write!(out, "10.{}.{}.{}", 1 + random.below(60), random.below(250), 2 + random.below(240)),
        "port" => write!(out, "{}", 1024 + random.below(60_000)),
        "date" => write!(out, "{:02}.{:02}.2016", 1 + random.below(28), 1 + random.below(12)),
        "time" => write!(out, "{:02}:{:02}", random.below(24), random.below(60)),
        "ms" => write!(out, "{}", 1_000 + random.below(59_000)),
        "n" => write!(out, "{}", 2 + random.below(88)),
        "branch" => write!(out, "{:04}", random.below(900)),
        "station" => write!(out, "WS-{:04}-{:02}", random.below(900), 1 + random.below(30)),
        "user" => write!(out, "{}", random.pick(&USERS)),
        "role" => write!(out, "{}", random.pick(&ROLES)),
        "field" => write!(out, "{}", random.pick(&FIELDS)),
        "mfo" => write!(out, "{}", 300_000 + random.below(99_000)),
        "version" => write!(out, "4.{}.{}", random.below(20), random.below(400)),
        "code" => write!(out, "{}", 100 + random.below(900)),
        "object" => write!(out, "{}", random.pick(&OBJECTS)),
        "hex" => write!(out, "{:016x}", random.next()),
        _ => return false,
    };
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_and_the_rest_stays() {
        let mut out = String::new();
        fill("a {n} b {nothing} {", &mut Random::new(1), &mut out);
        assert!(out.starts_with("a ") && out.ends_with(" b {nothing} {") && !out.contains("{n}"), "{out}");
    }
}
