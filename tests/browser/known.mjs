// The knowledge base in the browser: a known error is edited, tried, saved and counted, led on in its life, compared and taken back; documents
// are imported, duplicates merged, statuses moved and merged.
import { check, signedIn } from "./support.mjs";

const text = (page, selector) => page.locator(selector).first().textContent();

/** Opens the known error that is seen most. */
async function openFirst(page, address) {
  await page.goto(`${address}known`);
  await page.locator("tbody td.wide a").first().click();
  await page.waitForURL(/\/known\/[^/]+$/);
  return page.url();
}

async function edit(page, address, browser, people) {
  const home = await openFirst(page, address);
  const title = await text(page, "h1");
  const second = await signedIn(browser, address, people.analyst);
  await second.goto(`${home}/edit`);
  await page.click("main >> text=Edit");
  await page.fill("input[name=conditions]", "branch = ");
  await page.click("main button.primary");
  check("a condition that is none is pointed at", (await page.locator(".pointed mark").count()) === 1 && (await page.locator(".problem").count()) === 1);
  await page.fill("input[name=conditions]", 'branch = "K01"');
  await page.click("text=What would it catch?");
  check("an edit is tried on what is stored", /of its [1-9]/.test(await text(page, "#preview")));
  check("nothing is lost by trying", (await page.inputValue("input[name=conditions]")) === 'branch = "K01"');
  await page.click("main button.primary");
  await page.waitForURL(/changed=/);
  const note = await text(page, ".note");
  check("saving says how many Logs were lost", /version 2: 0 Logs became this error, [1-9]\d* are no longer it/.test(note), note);
  await second.fill("input[name=title]", "Overwritten");
  await second.click("main button.primary");
  check("whoever edits at the same time is told by whom", (await text(second, ".problem")).includes(people.analyst.name));
  await page.goto(home);
  check("and nothing is overwritten", (await text(page, "h1")) === title);
  await second.context().close();
  return home;
}

async function compare(page, home) {
  await page.goto(`${home}/versions`);
  check("the latest change is shown field by field", (await text(page, ".diff ins")).includes("K01") && (await text(page, "h3")) === "Condition");
  await page.locator("button", { hasText: "Take back" }).first().click();
  await page.waitForURL(/changed=3/);
  const note = await text(page, ".note");
  check("an earlier version is taken back as a new one", /version 3: [1-9]\d* Logs became this error, 0 are no longer it/.test(note), note);
}

async function answer(page, home) {
  await page.goto(home);
  const before = await page.locator("ol.ranked li").count();
  await page.locator("ol.ranked li").last().locator("text=It worked").click();
  await page.locator("button[aria-pressed=true]").waitFor();
  check("what worked stands first", (await page.locator("ol.ranked li").first().locator("button[aria-pressed=true]").count()) === 1);
  await page.locator("ol.ranked li").first().locator("text=It did not work").click();
  await page.locator("button[value=no][aria-pressed=true]").waitFor();
  check("a person is counted once an answer", (await text(page, ".feedback small")).includes("worked 0 of 1") || before > 1);
}

async function life(page, home, address) {
  await page.goto(home);
  await page.locator("main details.menu summary").click();
  await page.fill("input[name=fixed_at]", "2001-01-01T00:00");
  await page.locator("main details.menu button").click();
  await page.waitForURL(/changed=/);
  check("an error seen after its fix is a regression", (await page.locator(".tag.regressed").count()) === 1);
  await page.goto(`${address}known?state=regressed`);
  check("regressions have a tab", (await page.locator("tbody tr").count()) === 1);
  await page.goto(home);
  await page.click("main .toolbar >> text=Approve");
  await page.waitForURL(/changed=/);
  check("it comes into force again", (await text(page, "h1 .tag")) === "in force");
}

async function draft(page, address) {
  await page.goto(`${address}knowledge/new`);
  await page.fill("textarea[name=text]", "The vault clock is slow by 17 minutes");
  await page.click("main button.primary");
  await page.waitForURL(/\/known\/[0-9a-f]+$/);
  check("what is written anew is a draft", (await text(page, "h1 .tag")) === "draft");
  await page.click("text=Hand in for review");
  await page.waitForURL(/changed=/);
  await page.click("main .toolbar >> text=Approve");
  check("nothing comes into force without an answer", /answer/i.test(await text(page, ".problem")));
}

async function transfer(page, address) {
  const answer = await page.request.get(`${address}knowledge/export/json`);
  const document = await answer.json();
  const original = document.known_errors.find(({ id }) => id === "account-closed");
  original.title = "=HYPERLINK(1)";
  document.known_errors.push({ id: "twin", text: original.text, answers: [{ text: "The twin's answer." }] });
  const send = async (buffer) => {
    await page.goto(`${address}knowledge/import`);
    await page.setInputFiles("input[name=file]", { name: "kb.json", mimeType: "application/json", buffer: Buffer.from(buffer) });
    await page.click("text=What would it change?");
  };
  await send("{}x");
  check("a document that is none is refused", (await page.locator(".problem").count()) === 1);
  await send(JSON.stringify(document));
  check("an import says what it would change", /new 1 · changed 1/.test(await text(page, "p[role=status]")));
  await page.click("main button.primary >> nth=0");
  check("and changes that", (await text(page, "h2")) === "Imported");
  const table = await (await page.request.get(`${address}knowledge/export/csv`)).text();
  check("no cell of the table is a formula", table.includes(`"'=HYPERLINK(1)"`) && !/(^|,)"?=/m.test(table));
  await sendTable(page, address, table);
  check("the table that went out comes in as it is", /new 0 · changed 0/.test(await text(page, "p[role=status]")));
  await sendTable(page, address, "title;text;status\nTable;The vault lamp is broken;100\nBad;Nothing;none\n");
  check("a bad row is named by its line", /Line 3: There is no status “none”/.test(await text(page, "main")));
  check("and the good ones are offered", /new 1 · changed 0/.test(await text(page, "p[role=status]")));
  await page.click("main button.primary >> nth=0");
  check("and taken", (await page.locator("h2", { hasText: "Imported" }).count()) === 1);
}

async function sendTable(page, address, table) {
  await page.goto(`${address}knowledge/import`);
  await page.setInputFiles("input[name=file]", { name: "known_errors.csv", mimeType: "text/csv", buffer: Buffer.from(table) });
  await page.click("text=What would it change?");
}

async function merge(page, address) {
  await page.goto(`${address}knowledge/duplicates`);
  const pair = page.locator("section.card", { hasText: "=HYPERLINK(1)" });
  check("a twin is proposed", (await pair.count()) === 1);
  const original = pair.locator(".columns > div", { has: page.locator("h3", { hasText: "=HYPERLINK(1)" }) });
  await original.locator("button").click();
  await page.waitForURL(/changed=/);
  check("merged ones have the answers of both", (await page.locator("ol.ranked").textContent()).includes("The twin's answer."));
  await page.goto(`${address}known/twin`);
  check("the other is retired and names the one that stays", (await text(page, ".problem")).includes("Merged into"));
}

async function statuses(page, address) {
  await page.goto(`${address}statuses/new`);
  await page.fill("input[name=code]", "990");
  await page.fill("input[name=title]", "Vaults");
  await page.click("main button.primary");
  await page.waitForURL(/\/statuses$/);
  await page.click("text=Vaults");
  await page.selectOption("select[name=parent]", "100");
  await page.click("main button.primary");
  await page.waitForURL(/\/statuses$/);
  check("a status is moved", (await page.locator("td.depth-1", { hasText: "Vaults" }).count()) === 1);
  await page.goto(`${address}statuses/100`);
  await page.selectOption("select[name=parent]", "990");
  await page.click("main button.primary");
  check("but not below itself", (await page.locator(".problem").count()) === 1);
  await page.goto(`${address}statuses/990`);
  await page.selectOption("select[name=into]", "100");
  await page.click("text=See what would move");
  check("merging says what would move", page.url().endsWith("/statuses/990/merge?into=100") && (await text(page, "h1")).includes("990 Vaults"));
  await page.click("text=Merge into it");
  await page.waitForURL(/\/statuses$/);
  check("a merged status is out of use", (await page.locator("tr", { hasText: "Vaults" }).locator(".tag.retired").count()) === 1);
}

export async function knowledge(browser, { address, people }) {
  const page = await signedIn(browser, address, people.analyst);
  const home = await edit(page, address, browser, people);
  await compare(page, home);
  await answer(page, home);
  await life(page, home, address);
  await draft(page, address);
  await transfer(page, address);
  await merge(page, address);
  await statuses(page, address);
  await page.context().close();
}
