//! The stream of what was done with a group and said of it, in the reader's language.

use super::{known, session::Frame};
use crate::{
    domain::{Activity, Deed, GroupId, GroupRule, LogError, Until},
    usecase::regroup::Rule,
};

/// One entry of the stream.
pub(super) struct Said {
    /// When, for people; in UTC.
    pub(super) at: String,
    /// Who; blank where it happened by itself.
    pub(super) by: String,
    /// What.
    pub(super) what: String,
    /// Where it leads, and the text of the link.
    pub(super) link: Option<(String, String)>,
    /// What was said, in the words of whoever said it.
    pub(super) comment: Option<String>,
    /// The rule that it made and that can be taken back.
    pub(super) rule: Option<String>,
}

/// The stream: activities, the latest first, and at its end when the group was first seen; `rules` are those that hold.
pub(super) fn stream(frame: &Frame, group: &LogError, activities: &[Activity], rules: &[(GroupRule, Rule)]) -> Vec<Said> {
    let first = group.first_seen.map(|date| Said {
        at: frame.moment(&date),
        by: String::new(),
        what: frame.t("activity.first_seen"),
        link: Some((format!("/logs/{}", group.example_log_id), frame.t("log"))),
        comment: None,
        rule: None,
    });
    let mut stream: Vec<Said> = activities.iter().map(|activity| said(frame, activity)).chain(first).collect();
    for (kept, rule) in rules {
        // Of what was decided, taken back and decided again, the latest is what holds.
        if let Some(place) = activities.iter().position(|activity| made(activity, rule))
            && let Some(said) = stream.get_mut(place)
        {
            said.rule = Some(kept.id.to_string());
        }
    }
    stream
}

/// Whether it may have made a rule.
pub(super) fn makes_rules(activity: &Activity) -> bool {
    matches!(activity.deed, Deed::MergedInto(_) | Deed::Absorbed(_) | Deed::Unmerged(_) | Deed::Split { .. })
}

/// Whether it made this rule.
fn made(activity: &Activity, rule: &Rule) -> bool {
    match (&activity.deed, rule) {
        (Deed::MergedInto(other), Rule::Merge { group, into }) => (activity.group, *other) == (*group, *into),
        (Deed::Absorbed(other), Rule::Merge { group, into }) => (*other, activity.group) == (*group, *into),
        (Deed::Split { part, .. }, rule) => *part == rule.target(),
        (Deed::Unmerged(other), Rule::Split { group, .. }) => (activity.group, *other) == (rule.target(), *group),
        _ => false,
    }
}

fn said(frame: &Frame, activity: &Activity) -> Said {
    let other = |id: &GroupId| Some((format!("/errors/{id}"), frame.t("activity.other")));
    let (what, link) = match &activity.deed {
        Deed::Comment(_) => (frame.t("activity.comment"), None),
        Deed::Assigned(None) => (frame.t("activity.assigned.nobody"), None),
        Deed::Assigned(Some(to)) => (frame.say("activity.assigned", &[("to", to)]), None),
        Deed::Ignored(until) => (frame.say("activity.ignored", &[("until", &self::until(frame, until))]), None),
        Deed::Reopened(None) => (frame.t("activity.reopened"), None),
        Deed::Reopened(Some(because)) => (frame.say("activity.back", &[("until", &until(frame, because))]), None),
        Deed::Explained(id) => (frame.t("activity.explained"), Some((known::address(id), frame.t("known_error")))),
        Deed::MergedInto(into) => (frame.t("activity.merged_into"), other(into)),
        Deed::Absorbed(from) => (frame.t("activity.absorbed"), other(from)),
        Deed::Unmerged(from) => (frame.t("activity.unmerged"), other(from)),
        Deed::Split { part, value } => (frame.say("activity.split", &[("value", value)]), other(part)),
    };
    let comment = if let Deed::Comment(text) = &activity.deed { Some(text.clone()) } else { None };
    Said { at: frame.moment(&activity.at), by: activity.by.clone(), what, link, comment, rule: None }
}

/// Until when a group is set aside.
pub(super) fn until(frame: &Frame, until: &Until) -> String {
    match until {
        Until::Always => frame.t("until.always"),
        Until::More(n) => frame.say("until.more", &[("n", &frame.number(n))]),
        Until::Date(date) => frame.say("until.date", &[("date", &frame.moment(date))]),
        Until::Rate(n) => frame.say("until.rate", &[("n", &frame.number(n))]),
    }
}

#[cfg(test)]
mod tests {
    use bson::DateTime;

    use super::*;
    use crate::{domain::KnownErrorId, web::i18n::Language};

    #[test]
    fn every_deed_is_said_in_both_languages() {
        let (now, id) = (DateTime::from_millis(0), GroupId::from_content(&[b"g"]));
        let untils = [Until::Always, Until::More(5), Until::Date(now), Until::Rate(7)];
        let deeds = [
            Deed::Comment("x".to_owned()),
            Deed::Assigned(None),
            Deed::Assigned(Some("olena".to_owned())),
            Deed::Reopened(None),
            Deed::Explained(KnownErrorId("k".to_owned())),
            Deed::MergedInto(id),
            Deed::Absorbed(id),
            Deed::Unmerged(id),
            Deed::Split { part: id, value: "7".to_owned() },
        ];
        let back = untils.map(|until| Deed::Reopened(Some(until)));
        for deed in untils.map(Deed::Ignored).into_iter().chain(back).chain(deeds) {
            let activity = Activity::new(id, now, "olena", deed);
            let [english, ukrainian] =
                [Language::English, Language::Ukrainian].map(|language| said(&Frame { language, ..Frame::default() }, &activity).what);
            assert_ne!(english, ukrainian, "{activity:?}");
            assert!(!english.contains(['{', '}']) && !english.starts_with("activity."), "{english}");
            assert!(!ukrainian.contains(['{', '}']), "{ukrainian}");
        }
    }
}
