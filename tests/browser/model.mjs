// A model in the server's own process, of chance weights, in a real browser: a place in the queue, the draft as it is written, called off,
// asked for again, edited, approved, known. Then servers whose model dies, hangs, writes nonsense, is damaged or does not fit.
// Usage: node model.mjs SETTINGS, a JSON object { address, person: { name, password }, faults: [{ name, address, says, help, absent }], shots }
import { mkdirSync } from "node:fs";
import { ask, openOneWithEvidence, said, writing } from "./suggest.mjs";
import { check, count, launch, signedIn } from "./support.mjs";

const settings = JSON.parse(process.argv[2]);
const SETTLED = ["done", "failed", "insufficient", "cancelled"].map((state) => `#suggestion .draft.${state}`).join(", ");

async function picture(page, name) {
  if (!settings.shots) return;
  for (const [scheme, width] of [["light", 1280], ["dark", 390]]) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 900 });
    await page.locator("#suggestion").first().screenshot({ path: `${settings.shots}/model-${name}-${scheme}.png` });
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

const cancel = (page) => Promise.all([page.waitForNavigation(), page.click("#suggestion form[action$='/cancel'] button")]);

/** Chance may say that the evidence does not suffice; it is asked until it does not. */
async function draftOf(page) {
  for (let attempt = 0; attempt < 8; attempt += 1) {
    await ask(page);
    await page.waitForSelector(SETTLED, { timeout: 120_000 });
    if ((await page.locator("#suggestion .draft.done").count()) > 0) return true;
  }
  return false;
}

async function wholePath(browser, { address, person }) {
  const page = await signedIn(browser, address, person);
  const other = await signedIn(browser, address, person);
  const link = await openOneWithEvidence(page, address);
  const otherLink = await openOneWithEvidence(other, address, [link]);
  if (!check("two unknown errors have something near them", link !== null && otherLink !== null)) return;
  await ask(page);
  await ask(other);
  await other.waitForFunction(() => /^Waiting; 1 before it/.test(document.querySelector("#suggestion [data-says]")?.textContent ?? ""), null, { timeout: 20_000 });
  check("the second draft says its place in the queue", true);
  await picture(other, "queued");
  await writing(page);
  const before = (await page.locator("#suggestion [data-cause]").textContent()).length;
  await page.waitForFunction((n) => document.querySelector("#suggestion [data-cause]")?.textContent.length > n, before, { timeout: 60_000 });
  check("the draft grows while it is looked at", (await said(page)) === "Being written");
  await picture(page, "streaming");
  await cancel(page);
  check("it is called off", (await said(page)).startsWith("Cancelled"));
  await writing(other);
  check("the next in the queue is begun then", (await said(other)) === "Being written");
  await cancel(other);
  check("an attempt that is asked for again becomes a draft", await draftOf(page), await said(page));
  const panel = page.locator("#suggestion .draft");
  check("it says that it was written in this process", (await panel.textContent()).includes("(in this process)"));
  check("it rests on what it was given", (await panel.locator("a[href^='/known/'], a[href^='/logs/']").count()) > 0);
  await picture(page, "done");
  await Promise.all([page.waitForURL(/draft=1/), panel.locator("a.primary").click()]);
  const answers = page.locator("#explain textarea[name=answers]");
  check("the form begins with the draft", (await answers.inputValue()).length > 5);
  await answers.fill("The service is down. Start it again.");
  const status = page.locator("#explain select[name=status]");
  if ((await status.inputValue()) === "") await status.selectOption({ index: 1 });
  await Promise.all([page.waitForURL(/\/known\//), page.click("#explain button.primary")]);
  check("what was edited and approved is known", (await page.locator(".answers li").first().textContent()).includes("Start it again"));
  await page.goto(address + link.slice(1));
  check("the draft is settled", !(await said(page)).startsWith("Draft of"), await said(page));
  await page.context().close();
  await other.context().close();
}

async function faulty(browser, { person }, fault) {
  const page = await signedIn(browser, fault.address, person);
  if (!check(`${fault.name}: an error has something near it`, (await openOneWithEvidence(page, fault.address)) !== null)) return;
  await ask(page);
  await page.waitForSelector(SETTLED, { timeout: 60_000 });
  const text = await page.locator("#suggestion").textContent();
  check(`${fault.name}: the draft says what came of it`, (await said(page)).startsWith(fault.says), text);
  for (const words of fault.help) check(`${fault.name}: the page says "${words}"`, text.includes(words), text);
  check(`${fault.name}: nothing of it is markup`, (await page.locator("#suggestion script").count()) === 0);
  await picture(page, fault.name.replaceAll(" ", "-"));
  await page.goto(`${fault.address}logs`);
  check(`${fault.name}: the product works on`, (await page.locator("tbody tr").count()) > 10);
  await page.context().close();
}

if (settings.shots) mkdirSync(settings.shots, { recursive: true });
const browser = await launch();
try {
  await wholePath(browser, settings);
  for (const fault of settings.faults) await faulty(browser, settings, fault);
} catch (error) {
  check("the script runs to its end", false, error.stack);
} finally {
  await browser.close();
}
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed > 0 ? 1 : 0);
