//! The variables of messages and bodies: accounts, documents, hosts, amounts, dates, people.

use std::fmt::Write;

use super::random::Random;

/// Who works in the branches.
const USERS: [&str; 8] = ["o.ivanenko", "n.koval", "v.shevchuk", "i.bondar", "t.melnyk", "s.kravets", "l.hrytsenko", "y.tkach"];

/// Tables and constraints of the database.
const OBJECTS: [&str; 6] =
    ["FRONT.UK_DOC_REF", "FRONT.DOC_JOURNAL", "FRONT.PK_OPER", "FRONT.FK_ACC_CLIENT", "CARDS.UK_PAN_HASH", "FRONT.RATES_HIST"];

/// Roles of the front office.
const ROLES: [&str; 5] = ["OPER_VAL", "CASH_SENIOR", "CTRL_DOC", "CARD_ISSUE", "DEPOSIT_HEAD"];

/// Fields of a payment.
const FIELDS: [&str; 4] = ["призначення", "назва отримувача", "назва платника", "адреса"];

/// The variables of one exchange: the account of the request is that of its response and of its error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values(u64);

impl Values {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Appends a template with its `{variables}` filled in; what is no variable stays as it stands. A variable that occurs
    /// twice has two values.
    pub(super) fn fill(self, template: &str, out: &mut String) {
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            rest = after;
            let n_before = |name: &str| template[..template.len() - after.len()].matches(name).count();
            match after.split_once('}') {
                Some((name, after)) if value(name, &mut self.random(name, n_before(name)), out) => rest = after,
                _ => out.push('{'),
            }
        }
        out.push_str(rest);
    }

    /// The random numbers of a variable (its name hashed by FNV-1a).
    fn random(self, name: &str, n_before: usize) -> Random {
        let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
        Random::new(self.0.wrapping_add(hash).wrapping_add(n_before as u64))
    }
}

/// Appends a value of this name; whether there is such a name.
fn value(name: &str, random: &mut Random, out: &mut String) -> bool {
    // Writing to a string does not fail.
    let _ = match name {
        "account" => write!(out, "2600{:010}", random.below(10_000_000_000)),
        "iban" => write!(out, "UA{:02}322313{:05}26007{:09}", 10 + random.below(89), random.below(9), random.below(1_000_000_000)),
        "document" => write!(out, "{}", 100_000 + random.below(900_000)),
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

    fn filled(template: &str) -> String {
        let mut out = String::new();
        Values::new(1).fill(template, &mut out);
        out
    }

    #[test]
    fn variables_are_filled_and_the_rest_stays() {
        let text = filled("{\"a\":{n}} b {nothing} {");
        assert!(text.starts_with("{\"a\":") && text.ends_with("} b {nothing} {") && !text.contains("{n}"), "{text}");
    }

    #[test]
    fn an_exchange_has_one_account_and_a_text_two_amounts() {
        assert_eq!(filled("a {account}"), filled("a {account}"));
        let amounts = filled("{amount} {amount}");
        let (one, other) = amounts.split_once(' ').unwrap();
        assert_ne!(one, other);
    }
}
