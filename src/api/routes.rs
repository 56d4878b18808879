//! Every address of the API in one list: who may use it, what it says, takes and gives, and what answers it. The router, the guard and the
//! OpenAPI document are made of it.

use actix_web::{http::Method, web};

use super::{
    Access::{self, Person, Public, Session},
    Address, about, account,
    address::{delete, get, post, put},
    agents, audit, branches, bulk, duplicates, errors, facets, feedback, figures, files, group_rules, ingest, keys, knowledge,
    knowledge_table, known_error_preview, known_errors, ledger, log_views, logs, matching, metrics, people, quarantine, queries, questions,
    reprocess, statuses, subscriptions, suggestions, triage, uploads, values, versions,
};
use crate::domain::{
    Role,
    TokenScope::{Admin, Knowledge, Read, Triage, Upload},
};

const OPERATOR: Role = Role::BranchOperator;
const PROGRAMMER: Role = Role::ProgrammerDeveloper;
const ANALYST: Role = Role::ExpertAnalyst;
const ADMINISTRATOR: Role = Role::SystemAdministrator;

/// The addresses. Those of one path stand together.
pub(crate) const ALL: &[Address] = &[
    get("/metrics", Access::Loopback, || web::to(metrics::show)),
    get("/api/openapi.json", Public, || web::to(about::document)),
    get("/api/v1", Public, || web::to(about::about)).says("What answers here").gives::<about::About>(),
    get("/api/v1/me", Person(OPERATOR, Read), || web::to(about::me)).says("Who asks").gives::<about::Me>(),
    post("/api/v1/me/password", Session(OPERATOR), || web::to(account::password))
        .says("Change one's own password; every other session of one's own ends")
        .takes::<account::PasswordInput>()
        .gives_nothing(),
    get("/api/v1/overview", Person(OPERATOR, Read), || web::to(figures::overview))
        .says("What was ingested, what is known, what needs a person now; branch operators are told of their own branches")
        .gives::<figures::OverviewShape>(),
    get("/api/v1/efficiency", Person(PROGRAMMER, Read), || web::to(figures::efficiency))
        .says("How much drafts help, week by week")
        .gives::<figures::EfficiencyShape>(),
    get("/api/v1/logs", Person(OPERATOR, Read), || web::to(logs::list))
        .says("Logs that satisfy a filter, newest first; branch operators see their own")
        .asks::<logs::LogsAsked>()
        .gives::<logs::LogsPage>(),
    get("/api/v1/logs/histogram", Person(OPERATOR, Read), || web::to(log_views::histogram))
        .says("How many Logs were when, by what came of them; branch operators see their own")
        .asks::<log_views::HistogramAsked>()
        .gives::<log_views::HistogramShape>(),
    get("/api/v1/logs/export", Person(OPERATOR, Read), || web::to(log_views::export))
        .says("All Logs that satisfy a filter, newest first, as a file of at most 100,000; branch operators get their own")
        .asks::<log_views::ExportAsked>()
        .gives_file(&["application/x-ndjson", "text/csv"]),
    get("/api/v1/logs/{id}", Person(OPERATOR, Read), || web::to(logs::show)).says("One Log").gives::<logs::LogShape>(),
    get("/api/v1/logs/{id}/around", Person(OPERATOR, Read), || web::to(log_views::around))
        .says("What happened before and after a Log in the same session, server or branch")
        .asks::<log_views::AroundAsked>()
        .gives::<log_views::AroundShape>(),
    get("/api/v1/logs/{id}/diagnosis", Person(OPERATOR, Read), || web::to(matching::log))
        .says("Advice and explanations for a Log's error")
        .gives::<matching::Diagnosis>(),
    get("/api/v1/errors", Person(PROGRAMMER, Read), || web::to(errors::list))
        .says("Groups of unknown errors in the order asked for")
        .asks::<errors::ErrorsAsked>()
        .gives::<errors::ErrorsPage>(),
    get("/api/v1/errors/facets", Person(PROGRAMMER, Read), || web::to(facets::show))
        .says("How many groups of the queue have which branch, method and assignee")
        .asks::<facets::FacetsAsked>()
        .gives::<facets::FacetsShape>(),
    post("/api/v1/errors/bulk", Person(ANALYST, Triage), || web::to(bulk::apply))
        .says("Decide the same of many groups at once; it can be taken back")
        .takes::<bulk::BulkInput>()
        .gives::<bulk::BulkDone>(),
    post("/api/v1/errors/bulk/count", Person(ANALYST, Read), || web::to(bulk::count))
        .says("What a decision of many groups would do; nothing is changed")
        .takes::<bulk::BulkInput>()
        .gives::<bulk::BulkCount>(),
    post("/api/v1/errors/bulk/{id}/undo", Person(ANALYST, Triage), || web::to(bulk::undo))
        .says("Take a decision of many groups back; groups that were changed again since stay")
        .gives::<bulk::BulkUndone>(),
    get("/api/v1/errors/rules", Person(PROGRAMMER, Read), || web::to(group_rules::list))
        .says("What was decided about which errors are one, the latest first")
        .gives::<group_rules::GroupRules>(),
    post("/api/v1/errors/rules/{id}/withdraw", Person(ANALYST, Triage), || web::to(group_rules::withdraw))
        .says("Take a rule about groups back: what it moved goes back where it belongs")
        .gives::<group_rules::RuleWithdrawn>(),
    get("/api/v1/errors/{id}", Person(PROGRAMMER, Read), || web::to(errors::show)).says("One group").gives::<errors::ErrorShape>(),
    post("/api/v1/errors/{id}/approve", Person(ANALYST, Knowledge), || web::to(errors::approve))
        .says("Explain a group: it becomes a known error, and all its Logs are told")
        .takes::<errors::ApproveInput>()
        .gives::<errors::ApprovedShape>(),
    post("/api/v1/errors/{id}/preview", Person(ANALYST, Read), || web::to(errors::preview))
        .says("What a rule would have caught; nothing is saved")
        .takes::<errors::PreviewInput>()
        .gives::<errors::PreviewShape>(),
    post("/api/v1/errors/{id}/ignore", Person(ANALYST, Triage), || web::to(triage::ignore))
        .says("Set a group aside as of no consequence, for good or until it matters again")
        .takes::<triage::IgnoreInput>()
        .gives_nothing(),
    post("/api/v1/errors/{id}/assign", Person(ANALYST, Triage), || web::to(triage::assign))
        .says("Say who deals with a group")
        .takes::<triage::AssignInput>()
        .gives_nothing(),
    post("/api/v1/errors/{id}/reopen", Person(ANALYST, Triage), || web::to(triage::reopen))
        .says("Take a group up again that was set aside")
        .gives_nothing(),
    post("/api/v1/errors/{id}/comment", Person(PROGRAMMER, Triage), || web::to(triage::comment))
        .says("Say something of a group")
        .takes::<triage::CommentInput>()
        .gives_nothing(),
    get("/api/v1/errors/{id}/activity", Person(PROGRAMMER, Read), || web::to(triage::activity))
        .says("What was done with a group and said of it, the latest first")
        .asks::<triage::ActivityAsked>()
        .gives::<triage::Activities>(),
    get("/api/v1/errors/{id}/values", Person(PROGRAMMER, Read), || web::to(values::show))
        .says("Which values the variables of a group take in its latest Logs")
        .gives::<values::ValuesShape>(),
    get("/api/v1/errors/{id}/alike", Person(PROGRAMMER, Read), || web::to(group_rules::alike))
        .says("Groups that say nearly the same and can be merged with")
        .gives::<group_rules::AlikeGroups>(),
    get("/api/v1/errors/{id}/merge", Person(ANALYST, Read), || web::to(group_rules::plan_merge))
        .says("What merging a group into another would move; nothing is changed")
        .asks::<group_rules::MergePlanAsked>()
        .gives::<group_rules::GroupRulePlan>(),
    post("/api/v1/errors/{id}/merge", Person(ANALYST, Triage), || web::to(errors::merge))
        .says("Merge a group into another, for what is stored and what is to come")
        .takes::<errors::MergeInput>()
        .gives::<errors::RegroupedShape>(),
    get("/api/v1/errors/{id}/split", Person(ANALYST, Read), || web::to(group_rules::plan_split))
        .says("What making a value a group of its own would move; nothing is changed")
        .asks::<group_rules::SplitPlanAsked>()
        .gives::<group_rules::GroupRulePlan>(),
    post("/api/v1/errors/{id}/split", Person(ANALYST, Triage), || web::to(errors::split))
        .says("Make a value of a variable a group of its own")
        .takes::<errors::SplitInput>()
        .gives::<errors::RegroupedShape>(),
    get("/api/v1/errors/{id}/suggestions", Person(PROGRAMMER, Read), || web::to(suggestions::list))
        .says("Drafts for a group, the last asked for first")
        .gives::<suggestions::Suggestions>(),
    post("/api/v1/errors/{id}/suggestions", Person(ANALYST, Triage), || web::to(suggestions::ask))
        .says("Ask for a draft; where the same one is being written, that one")
        .takes::<suggestions::DraftInput>()
        .queues()
        .makes::<suggestions::SuggestionShape>(),
    post("/api/v1/errors/{id}/suggestions/{suggestion}/cancel", Person(ANALYST, Triage), || web::to(suggestions::cancel))
        .says("Call a draft off that is not written yet")
        .gives::<suggestions::SuggestionShape>(),
    post("/api/v1/errors/{id}/suggestions/{suggestion}/reject", Person(ANALYST, Triage), || web::to(suggestions::reject))
        .says("Turn a draft down")
        .takes::<suggestions::RejectInput>()
        .gives::<suggestions::SuggestionShape>(),
    post("/api/v1/errors/{id}/suggestions/{suggestion}/approve", Person(ANALYST, Knowledge), || web::to(suggestions::approve))
        .says("Take a draft, as it is or edited: the group becomes a known error")
        .takes::<suggestions::TakeInput>()
        .gives::<errors::ApprovedShape>(),
    post("/api/v1/ask", Person(OPERATOR, Read), || web::to(questions::ask))
        .says("Ask a free question about an error, a Log or a saved filter; answered from what is stored")
        .takes::<questions::QuestionInput>()
        .tells(questions::EVENTS)
        .queues()
        .gives::<questions::ReplyShape>(),
    get("/api/v1/known-errors", Person(OPERATOR, Read), || web::to(known_errors::list))
        .says("Known errors by id, retired ones too")
        .asks::<known_errors::KnownErrorsAsked>()
        .gives::<known_errors::KnownErrorsPage>(),
    post("/api/v1/known-errors", Person(ANALYST, Knowledge), || web::to(known_errors::create))
        .says("Begin a known error with its answers, as a draft")
        .takes::<known_errors::KnownErrorInput>()
        .makes::<known_errors::KnownErrorShape>(),
    get("/api/v1/known-errors/duplicates", Person(ANALYST, Read), || web::to(duplicates::list))
        .says("Known errors that seem to be one, the surest first")
        .asks::<duplicates::DuplicatesAsked>()
        .gives::<duplicates::Duplicates>(),
    post("/api/v1/known-errors/preview", Person(ANALYST, Read), || web::to(known_error_preview::preview))
        .says("What a known error, new or edited, would have caught, and what it would have taken from others; nothing is saved")
        .takes::<known_error_preview::KnownErrorTrial>()
        .gives::<errors::PreviewShape>(),
    get("/api/v1/known-errors/{id}", Person(OPERATOR, Read), || web::to(known_errors::show))
        .says("One known error")
        .gives::<known_errors::KnownErrorShape>(),
    put("/api/v1/known-errors/{id}", Person(ANALYST, Knowledge), || web::to(known_errors::replace))
        .says("Write the next version of a known error and its answers; what was counted stays")
        .takes::<known_errors::KnownErrorInput>()
        .gives::<known_errors::KnownErrorShape>(),
    get("/api/v1/known-errors/{id}/answers", Person(OPERATOR, Read), || web::to(known_errors::answers))
        .says("The answers of a known error")
        .gives::<known_errors::Answers>(),
    post("/api/v1/known-errors/{id}/feedback", Person(OPERATOR, Triage), || web::to(feedback::say))
        .says("Say whether an answer worked; the latest word of a person counts")
        .takes::<feedback::FeedbackInput>()
        .gives_nothing(),
    post("/api/v1/known-errors/{id}/merge", Person(ANALYST, Knowledge), || web::to(duplicates::merge))
        .says("Merge a known error into another, which gets its answers; it goes out of use")
        .takes::<duplicates::KnownMergeInput>()
        .gives::<known_errors::KnownErrorShape>(),
    post("/api/v1/known-errors/{id}/lead", Person(PROGRAMMER, Knowledge), || web::to(known_errors::lead))
        .says("Lead a known error on in its life: to review, into force, fixed, retired; each step is some role's")
        .takes::<known_errors::LeadInput>()
        .gives::<known_errors::KnownErrorShape>(),
    get("/api/v1/known-errors/{id}/versions", Person(PROGRAMMER, Read), || web::to(versions::list))
        .says("Versions of a known error, the latest first")
        .asks::<versions::VersionsAsked>()
        .gives::<versions::Versions>(),
    post("/api/v1/known-errors/{id}/restore", Person(ANALYST, Knowledge), || web::to(versions::restore))
        .says("Take an earlier version of a known error back, as a new one")
        .takes::<versions::RestoreInput>()
        .gives::<known_errors::KnownErrorShape>(),
    get("/api/v1/knowledge", Person(PROGRAMMER, Read), || web::to(knowledge::export))
        .says("The knowledge base as one document")
        .gives::<knowledge::KnowledgeShape>(),
    post("/api/v1/knowledge", Person(ANALYST, Knowledge), || web::to(knowledge::import))
        .says("Bring a document into the knowledge base; what it does not name stays")
        .takes::<knowledge::KnowledgeShape>()
        .gives::<knowledge::KnowledgePlan>(),
    post("/api/v1/knowledge/check", Person(ANALYST, Read), || web::to(knowledge::check))
        .says("What bringing a document in would change; nothing is changed")
        .takes::<knowledge::KnowledgeShape>()
        .gives::<knowledge::KnowledgePlan>(),
    get("/api/v1/knowledge/table", Person(PROGRAMMER, Read), || web::to(knowledge_table::export))
        .says("The known errors as a table for spreadsheets, in which no cell is a formula")
        .gives_file(&["text/csv"]),
    post("/api/v1/knowledge/table", Person(ANALYST, Knowledge), || web::to(knowledge_table::import))
        .says("Bring a table of known errors in; what it has no row or column for stays")
        .takes::<knowledge_table::KnowledgeTable>()
        .gives::<knowledge_table::TablePlan>(),
    post("/api/v1/knowledge/table/check", Person(ANALYST, Read), || web::to(knowledge_table::check))
        .says("What bringing a table in would change, and which of its rows are bad; nothing is changed")
        .takes::<knowledge_table::KnowledgeTable>()
        .gives::<knowledge_table::TablePlan>(),
    get("/api/v1/statuses", Person(OPERATOR, Read), || web::to(statuses::list)).says("All statuses").gives::<statuses::Statuses>(),
    post("/api/v1/statuses", Person(ANALYST, Knowledge), || web::to(statuses::create))
        .says("Write a new status")
        .takes::<statuses::StatusShape>()
        .makes::<statuses::StatusShape>(),
    put("/api/v1/statuses/{code}", Person(ANALYST, Knowledge), || web::to(statuses::change))
        .says("Write a status anew: its words, its place in the tree, whether it is still given")
        .takes::<statuses::StatusShape>()
        .gives::<statuses::StatusShape>(),
    get("/api/v1/statuses/{code}/merge", Person(ANALYST, Read), || web::to(statuses::plan_merge))
        .says("What merging a status into another would move; nothing is changed")
        .asks::<statuses::StatusMergeAsked>()
        .gives::<statuses::StatusMergeShape>(),
    post("/api/v1/statuses/{code}/merge", Person(ANALYST, Knowledge), || web::to(statuses::merge))
        .says("Merge a status into another: what bears it goes over, and it goes out of use")
        .takes::<statuses::StatusMergeInput>()
        .gives::<statuses::StatusMergeShape>(),
    post("/api/v1/match", Person(OPERATOR, Read), || web::to(matching::verdict))
        .says("The verdict for a text")
        .takes::<matching::MatchInput>()
        .gives::<matching::MatchVerdict>(),
    post("/api/v1/diagnose", Person(OPERATOR, Read), || web::to(matching::text))
        .says("The verdict for a text with the known error and its answers")
        .takes::<matching::MatchInput>()
        .gives::<matching::Diagnosis>(),
    get("/api/v1/files", Person(OPERATOR, Read), || web::to(files::list))
        .says("The latest files; branch operators see their own")
        .asks::<files::FilesAsked>()
        .gives::<files::Files>(),
    post("/api/v1/files", Person(ANALYST, Upload), || web::to(files::upload))
        .says("Upload a file, plain or compressed, or an archive of files (.zip, .tar, .tar.gz, .tar.zst): the body is streamed, and answered once everything is stored")
        .asks::<files::UploadAsked>()
        .streams()
        .makes::<files::Uploaded>(),
    get("/api/v1/uploads/{name}", Person(ANALYST, Upload), || web::to(uploads::show))
        .says("How far an upload is that the caller sends under this name")
        .gives::<uploads::UploadShape>(),
    get("/api/v1/files/{id}", Person(OPERATOR, Read), || web::to(files::show))
        .says("One file with its errors")
        .gives::<files::FileDetails>(),
    delete("/api/v1/files/{id}", Person(ANALYST, Upload), || web::to(files::delete))
        .says("Remove a file and the Logs that only it gave; what other files gave too stays")
        .gives::<files::RemovedShape>(),
    get("/api/v1/files/{id}/reprocess", Person(ANALYST, Upload), || web::to(reprocess::preview))
        .says("What reading a file again by the rules of today would change; nothing is stored")
        .gives::<reprocess::ReprocessPreview>(),
    post("/api/v1/files/{id}/reprocess", Person(ANALYST, Upload), || web::to(reprocess::run))
        .says("Read a file again by the rules of today, from the bytes that were kept; answered once everything is stored")
        .gives::<files::FileShape>(),
    get("/api/v1/quarantine", Person(PROGRAMMER, Read), || web::to(quarantine::list))
        .says("What could not be read, newest first")
        .asks::<quarantine::QuarantineAsked>()
        .gives::<quarantine::QuarantinePage>(),
    get("/api/v1/quarantine/{id}", Person(PROGRAMMER, Read), || web::to(quarantine::show))
        .says("One piece of the quarantine")
        .gives::<quarantine::PieceShape>(),
    post("/api/v1/quarantine/{id}/replay", Person(ANALYST, Upload), || web::to(quarantine::replay))
        .says("Read a piece again, after the format or the branch's settings were mended")
        .gives::<quarantine::ReplayedShape>(),
    get("/api/v1/properties", Person(OPERATOR, Read), || web::to(queries::properties))
        .says("The catalogue of properties that can be asked for")
        .gives::<queries::Properties>(),
    get("/api/v1/queries", Person(OPERATOR, Read), || web::to(queries::list))
        .says("Saved views of the Logs, or of the queue of unknown errors: one's own and the shared ones")
        .asks::<queries::QueriesAsked>()
        .gives::<queries::Queries>(),
    post("/api/v1/queries", Person(OPERATOR, Triage), || web::to(queries::save))
        .says("Save a view under a name")
        .takes::<queries::QueryInput>()
        .makes::<queries::QueryShape>(),
    put("/api/v1/queries/{id}", Person(OPERATOR, Triage), || web::to(queries::rename))
        .says("Give a view of one's own another name")
        .takes::<queries::QueryName>()
        .gives::<queries::QueryShape>(),
    delete("/api/v1/queries/{id}", Person(OPERATOR, Triage), || web::to(queries::delete))
        .says("Delete a view of one's own")
        .gives_nothing(),
    get("/api/v1/queries/{id}/count", Person(OPERATOR, Read), || web::to(queries::count))
        .says("How many Logs or groups a saved view finds; branch operators count their own Logs")
        .gives::<queries::QueryCount>(),
    get("/api/v1/branches", Person(OPERATOR, Read), || web::to(branches::list))
        .says("Branches; branch operators see their own")
        .gives::<branches::Branches>(),
    get("/api/v1/branches/{code}", Person(OPERATOR, Read), || web::to(branches::show)).says("One branch").gives::<branches::BranchShape>(),
    get("/api/v1/branches/{code}/ledger", Person(OPERATOR, Read), || web::to(ledger::show))
        .says("What a branch sent during the last fortnight, day by day")
        .gives::<ledger::LedgerShape>(),
    get("/api/v1/branches/{code}/keys", Person(ADMINISTRATOR, Admin), || web::to(keys::list))
        .says("A branch's ingestion keys")
        .gives::<keys::Keys>(),
    post("/api/v1/branches/{code}/keys", Person(ADMINISTRATOR, Admin), || web::to(keys::add))
        .says("Make an ingestion key; it is shown once")
        .takes::<keys::KeyInput>()
        .makes::<keys::KeyMade>(),
    post("/api/v1/branches/{code}/keys/{id}/rotate", Person(ADMINISTRATOR, Admin), || web::to(keys::rotate))
        .says("Put a new key in another's place; both are taken for a while")
        .takes::<keys::RotateInput>()
        .makes::<keys::KeyMade>(),
    delete("/api/v1/branches/{code}/keys/{id}", Person(ADMINISTRATOR, Admin), || web::to(keys::revoke))
        .says("Have a key end now")
        .gives_nothing(),
    get("/api/v1/branches/{code}/subscriptions", Person(ADMINISTRATOR, Admin), || web::to(subscriptions::list))
        .says("Who is told what fails at a branch")
        .gives::<subscriptions::Subscriptions>(),
    post("/api/v1/branches/{code}/subscriptions", Person(ADMINISTRATOR, Admin), || web::to(subscriptions::add))
        .says("Have somebody told by mail or by signed requests; the secret is shown once")
        .takes::<subscriptions::SubscriptionInput>()
        .makes::<subscriptions::SubscriptionMade>(),
    put("/api/v1/branches/{code}/subscriptions/{id}", Person(ADMINISTRATOR, Admin), || web::to(subscriptions::change))
        .says("Change where a subscription goes, how often, in which language, what it tells; what was told is not told again")
        .takes::<subscriptions::SubscriptionChange>()
        .gives::<subscriptions::SubscriptionMade>(),
    delete("/api/v1/branches/{code}/subscriptions/{id}", Person(ADMINISTRATOR, Admin), || web::to(subscriptions::remove))
        .says("End a subscription, with what waits to be sent to it")
        .gives_nothing(),
    post("/api/v1/branches/{code}/subscriptions/{id}/test", Person(ADMINISTRATOR, Admin), || web::to(subscriptions::test))
        .says("Send a test message now")
        .gives::<subscriptions::TestShape>(),
    get("/api/v1/branches/{code}/deliveries", Person(ADMINISTRATOR, Admin), || web::to(subscriptions::deliveries))
        .says("The latest messages to a branch and what became of them")
        .gives::<subscriptions::Deliveries>(),
    get("/api/v1/branches/{code}/agents", Person(OPERATOR, Read), || web::to(agents::list))
        .says("What the agents of a branch said of themselves last")
        .gives::<agents::Agents>(),
    post("/api/v1/branches/{code}/agent", Access::IngestionKey, || web::to(ingest::report))
        .says("Say how an agent of the branch is")
        .gives_nothing(),
    get("/api/v1/users", Person(ADMINISTRATOR, Admin), || web::to(people::list)).says("All people").gives::<people::People>(),
    get("/api/v1/users/{name}", Person(ADMINISTRATOR, Admin), || web::to(people::show)).says("One person").gives::<people::UserShape>(),
    put("/api/v1/users/{name}", Person(ADMINISTRATOR, Admin), || web::to(people::change))
        .says("Change what a person may do, or refuse them")
        .takes::<people::UserInput>()
        .gives::<people::UserShape>(),
    get("/api/v1/invitations", Person(ADMINISTRATOR, Admin), || web::to(people::invitations))
        .says("Invitations that have not ended")
        .gives::<people::Invitations>(),
    post("/api/v1/invitations", Person(ADMINISTRATOR, Admin), || web::to(people::invite))
        .says("Invite a person by a link that works once")
        .takes::<people::InvitationInput>()
        .makes::<people::Invited>(),
    delete("/api/v1/invitations/{id}", Person(ADMINISTRATOR, Admin), || web::to(people::uninvite))
        .says("Take an invitation back")
        .gives_nothing(),
    get("/api/v1/tokens", Session(OPERATOR), || web::to(account::tokens)).says("One's own tokens").gives::<account::Tokens>(),
    post("/api/v1/tokens", Session(OPERATOR), || web::to(account::make))
        .says("Make a token; its secret is shown once")
        .takes::<account::TokenInput>()
        .makes::<account::TokenMade>(),
    delete("/api/v1/tokens/{id}", Session(OPERATOR), || web::to(account::revoke)).says("Revoke a token of one's own").gives_nothing(),
    get("/api/v1/sessions", Session(OPERATOR), || web::to(account::sessions)).says("One's own open sessions").gives::<account::Sessions>(),
    delete("/api/v1/sessions/{name}", Session(OPERATOR), || web::to(account::end_session))
        .says("End a session of one's own")
        .gives_nothing(),
    get("/api/v1/audit", Person(ADMINISTRATOR, Admin), || web::to(audit::list))
        .says("Who did what to what, newest first")
        .asks::<audit::AuditAsked>()
        .gives::<audit::AuditEntries>(),
    post("/api/v1/branches/{code}/logs", Access::IngestionKey, || web::to(ingest::post_logs))
        .says("Send a branch's log: text, NDJSON or a JSON array, plain or compressed, of any size; answered once everything is stored")
        .streams(),
    get("/api/v1/branches/{code}/advice", Access::IngestionKey, || web::to(ingest::advice))
        .says("What the branch's errors mean and what to do, each known error once, after a cursor"),
    // Protocols of log shippers, which describe themselves elsewhere.
    post("/loki/api/v1/push", Access::IngestionKey, || web::to(ingest::shippers::loki_push)),
    get("/ready", Public, || web::to(ingest::shippers::loki_ready)),
    get("/", Access::IngestionKey, || web::to(ingest::shippers::elastic_root)).only_for(ingest::shippers::is_elastic_client),
    Address::new(Method::HEAD, "/", Access::IngestionKey, || web::to(ingest::shippers::elastic_root)),
    get("/_license", Access::IngestionKey, || web::to(ingest::shippers::elastic_license)),
    get("/_cat/health", Access::IngestionKey, || web::to(ingest::shippers::elastic_health)),
    get("/_cluster/health", Access::IngestionKey, || web::to(ingest::shippers::elastic_health)),
    post("/_bulk", Access::IngestionKey, || web::to(ingest::shippers::elastic_bulk)),
    put("/_bulk", Access::IngestionKey, || web::to(ingest::shippers::elastic_bulk)),
    post("/{index}/_bulk", Access::IngestionKey, || web::to(ingest::shippers::elastic_bulk)),
    put("/{index}/_bulk", Access::IngestionKey, || web::to(ingest::shippers::elastic_bulk)),
    post("/gelf", Access::IngestionKey, || web::to(ingest::shippers::gelf_message)),
    post("/v1/logs", Access::IngestionKey, || web::to(ingest::shippers::otlp_logs)),
];
