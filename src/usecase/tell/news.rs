//! Notices as news: what is said of each error, in one language, as it is known now.
//!
//! Of an unknown error the common text of its group is told, masked as for a prompt: its first message may be another branch's. Answers
//! are told as the analyst wrote them for the branches, with the telephone numbers that they name.

use crate::{
    domain::{News, Notice, Subject, Tongue},
    store,
    suggest::{Masker, one_line},
    usecase::{Services, advise::Told},
};

/// Longest title and answer, in characters; answers of one error.
const TITLE: usize = 300;
/// Of a text so much is looked at: what is cut off a title was masked before.
const LOOKED_AT: usize = 4000;
const ANSWER: usize = 2000;
const ANSWERS: usize = 5;

/// What is said of these notices; those whose subject is gone are left out.
pub(super) async fn of(services: &Services, notices: &[Notice], language: Tongue, masker: &Masker) -> store::Result<Vec<News>> {
    let mut told = Vec::new();
    for notice in notices {
        let news = match &notice.subject {
            Subject::Known(id) => {
                let found = services.teller.adviser.told(services, std::iter::once(id)).await?;
                found.into_iter().next().map(|known| of_known(services, notice, known, language))
            }
            Subject::Group(id) => {
                let group = services.store.find_log_error(id).await?;
                group.map(|group| News { title: group.template.replace("<*>", "…"), ..bare(notice) })
            }
        };
        told.extend(news);
    }
    mask(&mut told, masker);
    Ok(told)
}

/// News without words.
fn bare(notice: &Notice) -> News {
    News {
        subject: notice.subject.clone(),
        title: String::new(),
        status: None,
        status_title: None,
        answers: Vec::new(),
        per_hour: (notice.nth > 0).then_some(notice.per_hour),
        at: notice.at,
    }
}

fn of_known(services: &Services, notice: &Notice, known: Told, language: Tongue) -> News {
    let status = known.status.and_then(|code| services.knowledge.status_path(code).pop());
    let answers = known.answers.into_iter().take(ANSWERS).map(|answer| either(language, answer.text, answer.text_uk));
    News {
        title: either(language, known.title, known.title_uk),
        status: known.status,
        status_title: status.map(|status| either(language, status.title, status.title_uk)),
        answers: answers.map(|answer| answer.chars().take(ANSWER).collect()).collect(),
        ..bare(notice)
    }
}

fn either(language: Tongue, english: String, ukrainian: Option<String>) -> String {
    match (language, ukrainian) {
        (Tongue::Ukrainian, Some(text)) => text,
        _ => english,
    }
}

fn mask(news: &mut [News], masker: &Masker) {
    // What is not seen goes first: it could part what has to be masked.
    let titles: Vec<String> = news.iter().map(|news| one_line(&news.title, LOOKED_AT)).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    for (news, title) in news.iter_mut().zip(masker.mask(&titles).texts) {
        news.title = one_line(&title, TITLE);
    }
}
