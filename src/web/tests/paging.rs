//! Long lists are leafed through.

use std::collections::HashSet;

use super::*;
use crate::domain::LogError;

impl Pages {
    /// The ids on a page of errors, and the address of the next one.
    fn page_of_errors(&self, cookie: &str, path: &str) -> (Vec<String>, Option<String>) {
        let answer = self.get(cookie, path);
        assert_eq!(answer.status, 200, "{path}");
        let links: Vec<&str> = answer.body.split("href=\"").skip(1).filter_map(|part| part.split('"').next()).collect();
        let own = links.iter().filter_map(|link| link.strip_prefix("/errors/")).filter(|id| id.parse::<GroupId>().is_ok());
        let ids = own.map(str::to_owned).collect();
        let next = links.iter().find(|link| link.contains("after=") && !link.contains("pick=")).map(|link| link.replace("&#38;", "&"));
        (ids, next)
    }
}

#[test]
fn every_group_is_on_one_of_the_pages() {
    let hostile = Hostile::new();
    let (services, pages) = (&hostile.pages.services, &hostile.pages);
    let group = pages.runtime.block_on(services.store.find_log_error(&hostile.unknown)).unwrap().unwrap();
    let many: Vec<LogError> = (0..1200_u32)
        .map(|n| LogError { id: GroupId::from_content(&[&n.to_le_bytes()]), count: i64::from(n % 7), ..group.clone() })
        .collect();
    pages.runtime.block_on(services.store.insert_log_errors(&many)).unwrap();
    let analyst = pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    let (mut next, mut seen, mut sizes) = (Some("/errors".to_owned()), HashSet::new(), Vec::new());
    while let Some(path) = next.take() {
        let (ids, following) = pages.page_of_errors(&analyst, &path);
        sizes.push(ids.len());
        seen.extend(ids);
        next = following;
        assert!(sizes.len() < 100, "the pages come to no end");
    }
    assert_eq!((sizes.len(), sizes.last(), seen.len()), (13, Some(&1), 1201));
}

#[test]
fn a_page_that_nobody_could_have_been_sent_to_shows_the_beginning_or_nothing() {
    let hostile = Hostile::new();
    let analyst = hostile.pages.sign_in("analyst", Role::ExpertAnalyst, &[]);
    for after in ["x", "1_2_3", "1__", "9_zz_500", "-1_000000000000000000000000_18446744073709551615", "%F0%9F%92%A9"] {
        let (ids, next) = hostile.pages.page_of_errors(&analyst, &format!("/errors?after={after}"));
        assert!(ids.len() <= 1 && next.is_none(), "{after}");
    }
}
