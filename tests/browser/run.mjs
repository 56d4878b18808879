// The pages in a real browser: every page in every dress, the main paths, hostile text.
// Usage: node run.mjs SETTINGS, a JSON object { address, people: { analyst, operator }, logFile, hostileFile, shots }
import { mkdirSync } from "node:fs";
import { files } from "./files.mjs";
import { hostileText } from "./hostile.mjs";
import { logs } from "./logs.mjs";
import { knowledge } from "./known.mjs";
import { live } from "./live.mjs";
import { oneError } from "./one.mjs";
import { everyPage } from "./pages.mjs";
import { mainPaths } from "./paths.mjs";
import { states } from "./states.mjs";
import { suggestions } from "./suggest.mjs";
import { triage } from "./triage.mjs";
import { check, count, launch } from "./support.mjs";

const settings = JSON.parse(process.argv[2]);
if (settings.shots) mkdirSync(settings.shots, { recursive: true });
const browser = await launch();
try {
  // Pages are looked at first: the paths change what they show. Whoever wants pictures wants nothing else.
  for (const part of settings.shots ? [everyPage] : [everyPage, suggestions, triage, mainPaths, knowledge, oneError, states, logs, files, live, hostileText]) await part(browser, settings);
} catch (error) {
  check("the script runs to its end", false, error.stack);
} finally {
  await browser.close();
}
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed > 0 ? 1 : 0);
