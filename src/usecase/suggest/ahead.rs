//! Drafts made ahead: for groups of unknown errors that nobody asked about yet, the most frequent first, a few at a time, within the
//! budget of a day, in the configured language, and only where a model runs on its own and something near is known.

use bson::DateTime;

use super::{gather, prepare, settle};
use crate::{
    domain::{DAY_MS, GroupState, LogError, Suggestion, SuggestionState},
    store::{self, Queue, QueueCursor, QueueOrder, SuggestionPlace, SuggestionQueue},
    suggest::Evidence,
    usecase::{Services, meanings},
};

/// Groups looked at in one step.
const LOOKED_AT: usize = 10;
/// Drafts made ahead that may wait.
const WAITING: usize = 3;

/// Which groups come next.
#[derive(Default)]
pub(super) struct Plan {
    after: Option<QueueCursor>,
    /// Up to which draft was looked for those that became of no use.
    swept: Option<SuggestionPlace>,
}

impl Plan {
    /// Settles what became of no use, looks at the next groups, and asks for drafts of those that have none for what is known of them now.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn step(&mut self, services: &Services, now: DateTime) -> store::Result<()> {
        self.swept = settle::sweep(services, self.swept, now).await?;
        // Until then other known errors would be near, each group would seem to have new evidence, and the budget would go on drafts of less.
        if meanings::are_coming(services) {
            return Ok(());
        }
        let mut room = room(services, now).await?;
        if room == 0 {
            return Ok(());
        }
        let queue = Queue { state: Some(GroupState::Unknown), after: self.after, limit: LOOKED_AT, ..Queue::default() };
        let groups = services.store.list_queue(&queue).await?;
        self.after = groups.last().filter(|_| groups.len() == LOOKED_AT).map(|last| QueueOrder::Count.place(last));
        for group in groups {
            if room == 0 {
                break;
            }
            if let Some(wanted) = wanted(services, &group, now).await?
                && services.store.insert_suggestion(&wanted).await?
            {
                room -= 1;
                services.drafts.wake();
            }
        }
        Ok(())
    }
}

/// How many may be asked for now.
async fn room(services: &Services, now: DateTime) -> store::Result<usize> {
    let budget = i64::from(services.config.llm.drafts_per_day);
    if budget == 0 || !services.drafts.has_model() {
        return Ok(0);
    }
    let since = DateTime::from_millis(now.timestamp_millis().saturating_sub(DAY_MS));
    let left = budget - services.store.count_made_ahead(since).await?;
    let queue = SuggestionQueue { state: SuggestionState::Queued, after: None, limit: WAITING };
    let waiting = services.store.list_suggestions_in(&queue).await?;
    Ok(usize::try_from(left).unwrap_or_default().min(WAITING.saturating_sub(waiting.len())))
}

/// The draft that a group lacks.
async fn wanted(services: &Services, group: &LogError, now: DateTime) -> store::Result<Option<Suggestion>> {
    let language = services.config.llm.language.code();
    let mut evidence = gather::of_group(services, group, "", language).await?;
    if !prepare::carries(&evidence) {
        return Ok(None);
    }
    let earlier = services.store.list_suggestions(&group.id, gather::EARLIER).await?;
    evidence.rejected = gather::rejected(&earlier);
    let fingerprint = evidence.fingerprint();
    // What people asked for is theirs, in their language and with what they added; but what is known may have changed since.
    let is_of_now = |other: &Suggestion| match other.language == language {
        true if other.continues.is_some() => true,
        true => other.fingerprint == Evidence { context: other.context.clone(), ..evidence.clone() }.fingerprint(),
        false => other.urgent,
    };
    Ok((!earlier.iter().any(is_of_now)).then(|| Suggestion::asked(group.id, &fingerprint, language, 0, "", now)))
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Mutex},
        time::Duration,
    };

    use async_trait::async_trait;

    use super::*;
    use crate::{
        config::Config,
        parse::FormatChoice,
        store::{AdminStore, sqlite::SqliteStore},
        suggest::{Embedder, Fault, ModelState, Priority, fake::Fake},
        usecase::{IngestRequest, knowledge_base},
    };

    /// An embedding model to which all means the same.
    struct Same(Mutex<ModelState>);

    #[async_trait]
    impl Embedder for Same {
        fn state(&self) -> ModelState {
            self.0.lock().unwrap().clone()
        }

        fn model(&self) -> Option<String> {
            (self.state() == ModelState::Ready).then(|| "same".to_owned())
        }

        async fn embed(&self, texts: Vec<String>, _: Priority) -> Result<Vec<Vec<f32>>, Fault> {
            Ok(texts.iter().map(|_| vec![1.0, 0.0]).collect())
        }
    }

    const KNOWN: &str = r#"{"statuses": [], "known_errors": [
        {"id": "gate", "text": "gateway bank closed the connection", "answers": [{"text": "Wait a minute."}]}]}"#;
    const LOG: &str = "=> Bars at 5/8/2016 7:17:45 AM: from 10.7.73.12; RequestType = POST; ContentType = application/json; charset=\"UTF-8\";\n\
        Input = {\"method\":\"A\",\"message_id\":\"1\"}\n<= Bars at 5/8/2016 7:17:46 AM: to 10.7.73.12\n\
        Output = {\"status\":\"ERROR\",\"error\":\"gateway bank refused the connection\",\"message_id\":\"1\"}\n";

    #[tokio::test]
    async fn nothing_is_asked_ahead_before_it_is_known_what_known_errors_mean() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("test.db"), Duration::from_secs(5)).unwrap();
        store.migrate().await.unwrap();
        let services = Services::open(Arc::new(store), Arc::new(Config::in_dir(folder.path()))).await.unwrap();
        let now = DateTime::from_millis(1_000_000);
        knowledge_base::import(&services, &serde_json::from_str(KNOWN).unwrap(), "import", now).await.unwrap();
        services.knowledge.refresh(services.store.as_ref()).await.unwrap();
        let path = folder.path().join("a.log");
        std::fs::write(&path, LOG).unwrap();
        let branch = "a".parse().unwrap();
        let request = IngestRequest { branch, name: "a.log".into(), path, format: FormatChoice::Auto, uploaded_by: "olena".into() };
        services.ingest_file(request, Arc::new(|_| ())).await.unwrap();
        services.drafts.use_backend(Arc::new(Fake::default()));
        let embedder = Arc::new(Same(Mutex::new(ModelState::Loading)));
        services.meanings.use_model(embedder.clone());
        let n_asked = async || {
            Plan::default().step(&services, now).await.unwrap();
            let queue = SuggestionQueue { state: SuggestionState::Queued, after: None, limit: 9 };
            services.store.list_suggestions_in(&queue).await.unwrap().len()
        };
        assert_eq!(n_asked().await, 0, "the model is being loaded");
        *embedder.0.lock().unwrap() = ModelState::Ready;
        assert_eq!(n_asked().await, 0, "vectors are missing");
        meanings::catch_up(&services).await.unwrap();
        assert_eq!(n_asked().await, 1);
    }

    #[tokio::test]
    async fn a_model_that_is_absent_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("test.db"), Duration::from_secs(5)).unwrap();
        store.migrate().await.unwrap();
        let services = Services::open(Arc::new(store), Arc::new(Config::in_dir(folder.path()))).await.unwrap();
        assert!(!meanings::are_coming(&services));
        let absent = ModelState::Absent { reason: "no weights".to_owned(), remedy: "pull them".to_owned() };
        services.meanings.use_model(Arc::new(Same(Mutex::new(absent))));
        assert!(!meanings::are_coming(&services));
    }
}
