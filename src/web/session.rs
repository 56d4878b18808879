//! Who looks at a page, and how they want it: the frame that every page is drawn in.

use std::pin::Pin;

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};
use bson::DateTime;

use super::{assets, delivery_fault, error::PageError, escape::percent, fault, i18n::Language, queue_view, told, zone};
use crate::{
    domain::{AgentReport, AuditAction, BranchCode, KnownErrorId, Method, ProblemKind, Role, Session, TokenScope, User},
    store::{Scope, ScopedStore},
    usecase::{
        Services,
        audit::{self, Via},
        diagnose::Why,
        reading, sign_in,
    },
};

pub(super) use crate::api::COOKIE;

/// The main menu.
const MENU: [(&str, &str); 7] = [
    ("/", "menu.home"),
    ("/errors", "menu.errors"),
    ("/known", "menu.known"),
    ("/statuses", "menu.statuses"),
    ("/logs", "menu.logs"),
    ("/branches", "menu.branches"),
    ("/files", "menu.files"),
];
/// Its less usual part; all but the first two is for administrators.
const MORE: [(&str, &str); 4] =
    [("/quarantine", "quarantine"), ("/efficiency", "efficiency"), ("/people", "menu.people"), ("/audit", "menu.audit")];

/// Language and colours; needs no sign-in.
#[derive(Debug, Clone, Default)]
pub(super) struct Frame {
    pub(super) language: Language,
    /// `light`, `dark`, or blank for what the system says.
    pub(super) theme: String,
    pub(super) user: Option<String>,
    pub(super) role: Option<Role>,
    pub(super) csrf: String,
    /// Path of the page.
    pub(super) path: String,
    /// In which zone dates of Logs are told: `utc`, `branch`, or the name of one.
    pub(super) zone: String,
    /// The query of the queue that was looked at last.
    pub(super) queue: String,
    /// The person wants no page to act on single letters.
    pub(super) single_keys_off: bool,
}

impl Frame {
    /// The frame for somebody who is not signed in.
    pub(super) fn of(request: &HttpRequest) -> Self {
        let cookie = |name: &str| request.cookie(name).map(|cookie| cookie.value().to_owned()).unwrap_or_default();
        let accepted = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let theme = Some(cookie("theme")).filter(|theme| theme == "light" || theme == "dark").unwrap_or_default();
        Self {
            language: Language::from_code(&cookie("language")).unwrap_or_else(|| Language::accepted(accepted)),
            theme,
            zone: Some(cookie("zone")).filter(|zone| zone::is_choice(zone)).unwrap_or_default(),
            path: path_of(request),
            queue: cookie(queue_view::COOKIE),
            ..Self::default()
        }
    }

    /// A message.
    pub(super) fn t(&self, key: &str) -> String {
        self.language.text(key)
    }

    /// A message with these values in its places.
    pub(super) fn say(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.language.fill(key, values)
    }

    /// How an error was recognised.
    pub(super) fn method(&self, method: &Method) -> String {
        self.t(&format!("method.{}", method.as_str()))
    }

    /// What is wrong with a record.
    pub(super) fn problem(&self, kind: &ProblemKind) -> String {
        self.t(&format!("problem.{}", kind.as_str()))
    }

    /// What the parser says about a file or a piece of it.
    pub(super) fn fault(&self, text: &str) -> String {
        fault::told(self.language, text)
    }

    /// Why a message did not reach its receiver.
    pub(super) fn delivery_fault(&self, text: &str) -> String {
        delivery_fault::told(self.language, text)
    }

    /// Why an error is taken for a known one.
    pub(super) fn why(&self, why: &Why) -> String {
        told::why(self, why)
    }

    /// The address of a static file.
    pub(super) fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// Whether the page belongs to this part of the menu.
    pub(super) fn is_at(&self, part: &str) -> bool {
        match part {
            "/" => self.path == "/",
            "/known" => self.path.starts_with("/known") || self.path.starts_with("/knowledge"),
            part => self.path.starts_with(part),
        }
    }

    /// The main menu: addresses and message keys.
    pub(super) fn menu(&self) -> impl Iterator<Item = &'static (&'static str, &'static str)> + use<> {
        let reads_all = self.may_read_all();
        MENU.iter().filter(move |(address, _)| reads_all || *address != "/errors")
    }

    /// What is looked at less often, behind one word of the menu.
    pub(super) fn more(&self) -> &'static [(&'static str, &'static str)] {
        if self.may_manage() { &MORE } else { &MORE[..2] }
    }

    /// The beginning of a text, for titles: texts from logs may be long.
    pub(super) fn headline(&self, text: &str) -> String {
        let mut line: String = text.chars().take(120).collect();
        if line.len() < text.len() {
            line.push('…');
        }
        line
    }

    /// Whether the person may do what this role may.
    fn may(&self, role: Role) -> bool {
        self.role.is_some_and(|own| own >= role)
    }

    /// Whether the person sees unknown errors.
    pub(super) fn may_read_all(&self) -> bool {
        self.may(Role::ProgrammerDeveloper)
    }

    /// Whether the person explains errors.
    pub(super) fn may_explain(&self) -> bool {
        self.may(Role::ExpertAnalyst)
    }

    /// Whether dates of Logs are told in UTC.
    pub(super) fn in_utc(&self) -> bool {
        self.zone.is_empty() || self.zone == "utc"
    }

    /// Whether dates of Logs are told in a zone that is named, such as the browser's.
    pub(super) fn in_named_zone(&self) -> bool {
        !self.in_utc() && self.zone != "branch"
    }

    /// Whether the person manages people.
    pub(super) fn may_manage(&self) -> bool {
        self.may(Role::SystemAdministrator)
    }

    /// A role in words.
    pub(super) fn role_name(&self, role: &Role) -> String {
        self.t(&format!("role.{}", role.as_str()))
    }

    /// What a token of this scope may be used for.
    pub(super) fn scope_about(&self, scope: &TokenScope) -> String {
        self.t(&format!("scope.{}", scope.as_str()))
    }

    /// How an agent of a branch is.
    pub(super) fn agent(&self, agent: &AgentReport, now: &DateTime) -> String {
        self.t(&format!("agent.{}", agent.standing(*now).as_str()))
    }

    /// What was done.
    pub(super) fn deed(&self, action: &AuditAction) -> String {
        self.t(&format!("deed.{}", action.as_str()))
    }

    /// By which door somebody came.
    pub(super) fn via(&self, via: &Via) -> String {
        self.t(&format!("via.{}", via.as_str()))
    }

    /// The address of a person's page.
    pub(super) fn person(&self, name: &str) -> String {
        format!("/people/{}", percent(name))
    }

    /// The address of what a person did.
    pub(super) fn audit_of(&self, name: &str) -> String {
        format!("/audit?actor={}", percent(name))
    }

    /// The short name of a known error, its id where it is gone.
    pub(super) fn title_of(&self, services: &Services, id: &KnownErrorId) -> String {
        services.knowledge.entry(id).map_or_else(|| id.to_string(), |entry| self.either(&entry.title, &entry.title_uk).to_owned())
    }

    /// The text in the page's language, where there is one.
    pub(super) fn either<'a>(&self, english: &'a str, ukrainian: &'a Option<String>) -> &'a str {
        match (self.language, ukrainian) {
            (Language::Ukrainian, Some(text)) => text,
            _ => english,
        }
    }

    /// A date for people.
    pub(super) fn date(&self, date: &Option<DateTime>) -> String {
        date.as_ref().map_or_else(|| "—".to_owned(), |date| self.moment(date))
    }

    /// A moment for people.
    pub(super) fn moment(&self, date: &DateTime) -> String {
        match jiff::Timestamp::from_millisecond(date.timestamp_millis()) {
            Ok(moment) => moment.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            Err(_) => "—".to_owned(),
        }
    }

    /// A number with thin spaces between thousands.
    pub(super) fn number(&self, number: &i64) -> String {
        let digits = number.unsigned_abs().to_string();
        let mut text = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push('\u{202F}');
            }
            text.push(digit);
        }
        if *number < 0 { format!("−{text}") } else { text }
    }
}

/// Path and query of the page that a person looks at: where a form was sent, of the page that it stood on.
fn path_of(request: &HttpRequest) -> String {
    if request.method().is_safe() {
        return request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    }
    // Scheme and host are dropped, so that the path can only name a page of this site.
    let referer = request.headers().get(header::REFERER).and_then(|value| value.to_str().ok());
    referer.and_then(|address| address.splitn(4, '/').nth(3)).map_or_else(|| "/".to_owned(), |path| format!("/{path}"))
}

/// A signed-in person.
pub(super) struct Viewer {
    pub(super) user: User,
    pub(super) session: Session,
    pub(super) frame: Frame,
}

impl Viewer {
    /// Fails unless the person may do what this role may.
    pub(super) fn require(&self, role: Role) -> Result<(), PageError> {
        if self.user.role >= role { Ok(()) } else { Err(PageError::Forbidden(self.frame.clone())) }
    }

    /// Fails unless the form carries the session's token.
    pub(super) fn check_csrf(&self, token: &str) -> Result<(), PageError> {
        let same = blake3::hash(token.as_bytes()) == blake3::hash(self.session.csrf.as_bytes());
        if same { Ok(()) } else { Err(PageError::Forbidden(self.frame.clone())) }
    }

    /// Branches the person is bound to; `None` sees all.
    pub(super) fn branches(&self) -> Option<&[BranchCode]> {
        reading::branches(&self.user)
    }

    /// What the person sees.
    pub(super) fn scope(&self) -> Scope {
        reading::scope(&self.user)
    }

    /// The store as the person sees it; whatever belongs to branches is read through it.
    pub(super) fn reads(&self, services: &Services) -> ScopedStore {
        reading::scoped(services, &self.user)
    }
}

impl FromRequest for Viewer {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut frame = Frame::of(request);
        let token = request.cookie(COOKIE).map(|cookie| cookie.value().to_owned());
        let services = request.app_data::<web::Data<Services>>().cloned();
        Box::pin(async move {
            let (Some(token), Some(services)) = (token, services) else { return Err(PageError::SignIn(frame)) };
            match sign_in::session(&services, &token, DateTime::now()).await {
                Ok(Some((user, session))) => {
                    audit::identify(&user.name, Via::Session);
                    (frame.user, frame.role, frame.csrf) = (Some(user.name.clone()), Some(user.role), session.csrf.clone());
                    frame.single_keys_off = user.single_keys_off;
                    Ok(Self { user, session, frame })
                }
                Ok(None) => Err(PageError::SignIn(frame)),
                Err(error) => Err(PageError::failed(frame, error)),
            }
        })
    }
}
