// The role of the server's account on MongoDB: it reads and writes its collections, and of the audit log it can only read and add entries.
//
//   loghelper migrate --store mongodb://ADMINISTRATOR@host/loghelper       (makes the collections; again after each upgrade)
//   mongosh mongodb://ADMINISTRATOR@host/loghelper roles.js                (makes the role, or brings it up to date)
//   mongosh mongodb://ADMINISTRATOR@host/loghelper --eval 'db.createUser({user: "loghelper", pwd: passwordPrompt(), roles: ["loghelper_server"]})'
//   loghelper doctor --store mongodb://loghelper:…@host/loghelper          (says whether the account could change entries)

const ROLE = "loghelper_server";

// All collections but `Audit`. MongoDB knows no "all but one": whatever is not named here is refused.
const COLLECTIONS = [
  "Activity", "Advice", "Agent", "Answer", "ApiToken", "Branch", "Bulk", "Delivery", "Error", "ErrorTimes", "Feedback", "GroupRule", "GroupStep", "IngestKey",
  "Invitation", "KnownError", "KnownErrorVectors", "KnownErrorVersion", "Log", "LogFile", "LogQuery", "LogSource", "Meta", "Notice", "Quarantine",
  "QueryConfig", "Session", "StatusError", "Subscription", "Suggestion", "User", "raw.chunks", "raw.files",
];

const may = (collection, actions) => ({ resource: { db: db.getName(), collection }, actions });

const privileges = [
  may("Audit", ["find", "insert"]),
  // The files as they came are kept in GridFS, whose indexes the driver makes.
  ...COLLECTIONS.map((collection) => may(collection, ["find", "insert", "update", "remove", "listIndexes", "createIndex"])),
  may("", ["listCollections"]),
];

const command = db.getRole(ROLE) === null ? "createRole" : "updateRole";
const done = db.runCommand({ [command]: ROLE, privileges, roles: [] });
if (done.ok !== 1) {
  throw new Error(`${command}: ${done.errmsg}`);
}
