//! A letter as HTML: no script, no image, nothing that is fetched. Whatever stands in it is escaped.

use std::fmt::Write;

use super::letter::Letter;
use crate::domain::News;

/// A letter as a page.
pub(super) fn html(letter: &Letter<'_>) -> String {
    let words = letter.words;
    let mut out = String::new();
    write(&mut out, format_args!("<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\">", letter.language.as_str()));
    write(&mut out, format_args!("<title>{}</title></head>", escaped(&letter.subject())));
    out.push_str("<body style=\"font:15px/1.5 sans-serif;color:#1c2330;max-width:42em;margin:1em\">");
    if letter.is_test() {
        write(&mut out, format_args!("<p>{}</p>", words.test_about));
    } else {
        write(&mut out, format_args!("<p>{} <b>{}</b> ({})</p>", words.about, escaped(letter.branch), letter.moment(letter.created_at)));
        for (known, title, about) in [(true, words.known_title, ""), (false, words.unknown_title, words.unknown_about)] {
            if letter.part(known).next().is_none() {
                continue;
            }
            write(&mut out, format_args!("<h2 style=\"font-size:17px\">{title}</h2>"));
            if !about.is_empty() {
                write(&mut out, format_args!("<p>{about}</p>"));
            }
            letter.part(known).for_each(|news| item(&mut out, letter, news));
        }
    }
    write(&mut out, format_args!("<p style=\"color:#5b6472;font-size:13px;border-top:1px solid #ccd\">{}</p></body></html>", words.why));
    out
}

fn item(out: &mut String, letter: &Letter<'_>, news: &News) {
    let words = letter.words;
    write(out, format_args!("<div style=\"margin:1em 0\"><b style=\"overflow-wrap:anywhere\">{}</b>", escaped(&news.title)));
    if let Some(code) = news.status {
        let title = escaped(news.status_title.as_deref().unwrap_or_default());
        write(out, format_args!("<br>{}: <b>{code}</b> {title}", words.status));
    }
    if let Some(per_hour) = news.per_hour {
        write(out, format_args!("<br><b style=\"color:#a3271d\">{}: {per_hour}</b>", words.per_hour));
    }
    write(out, format_args!("<br><span style=\"color:#5b6472\">{}: {}</span>", words.noticed, letter.moment(news.at)));
    if !news.answers.is_empty() {
        write(out, format_args!("<br>{}:<ul style=\"margin:.2em 0\">", words.answers));
        for answer in &news.answers {
            write(out, format_args!("<li style=\"white-space:pre-line\">{}</li>", escaped(answer)));
        }
        out.push_str("</ul>");
    }
    if let Some(link) = letter.link(news) {
        write(out, format_args!("<br><a href=\"{}\">{}</a>", escaped(&link), words.more));
    }
    out.push_str("</div>");
}

fn write(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a text does not fail.
    let _ = out.write_fmt(text);
}

/// A text as text of a page, or the value of an attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{super::letter::tests::*, *};
    use crate::{config::NotifyConfig, domain::Tongue};

    #[test]
    fn text_of_logs_is_text() {
        let (config, delivery) = (NotifyConfig::default(), a_delivery());
        let html = html(&Letter::new(&config, &a_subscription(Tongue::Ukrainian), &delivery));
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && html.contains("База &lt;b&gt;недоступна&lt;/b&gt;"));
        assert!(!html.contains("<script") && html.contains("lang=\"uk\""));
        assert!(html.contains("Зачекайте &amp; повторіть."));
    }
}
