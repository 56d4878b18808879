// Triage in a real browser: the way from the queue to an answer with the keyboard alone, comments, setting aside, many at once and undo.
import { check, signedIn } from "./support.mjs";

const at = (page) => page.evaluate(() => document.activeElement?.closest("[data-row]")?.querySelector("[data-open]")?.getAttribute("href"));

/** From the queue to an explained error, without a mouse. */
async function byKeyboard(page, address) {
  const keys = page.keyboard;
  await page.goto(`${address}errors`);
  await keys.press("?");
  check("? shows the keys", await page.locator("#keys").isVisible());
  await keys.press("Escape");
  check("Escape closes them", !(await page.locator("#keys").isVisible()));
  await keys.press("/");
  check("/ leads to the search", await page.evaluate(() => document.activeElement.name === "search"));
  await keys.press("Escape");
  await keys.press("j");
  const first = await at(page);
  await keys.press("j");
  const second = await at(page);
  await keys.press("k");
  check("j and k move among the rows", first && second && first !== second && (await at(page)) === first);
  await Promise.all([page.waitForURL(/\/errors\/[0-9a-f]{24}$/), keys.press("Enter")]);
  check("Enter opens the row", page.url().endsWith(first));
  await Promise.all([page.waitForNavigation(), keys.press("m")]);
  check("m assigns to me", (await page.locator("select[name=to]").inputValue()) === "demo");
  await keys.press("c");
  await keys.type("Looked at it: the <b>gateway</b> again?");
  await Promise.all([page.waitForNavigation(), keys.press("Control+Enter")]);
  const stream = page.locator("#activity");
  check("a comment stands as it was written", (await stream.locator("blockquote").first().textContent()).includes("<b>gateway</b>"));
  check("the stream says who did what", /demo.*assigned it to demo/s.test(await stream.textContent()) && /First seen/.test(await stream.textContent()));
  await keys.press("i");
  await keys.press("ArrowDown");
  await keys.press("Tab");
  await keys.press("Control+a");
  await keys.type("7");
  await Promise.all([page.waitForNavigation(), keys.press("Enter")]);
  check("i sets aside until so many more have come", (await page.locator(".triage").textContent()).includes("until 7 more have come"));
  await Promise.all([page.waitForNavigation(), keys.press("i")]);
  check("and takes up again", (await page.locator("main p .tag").first().textContent()) === "unknown");
  await keys.press("s");
  await keys.type("4");
  check("s leads to the statuses", (await page.locator("select[name=status]").inputValue()) !== "");
  for (let step = 0; step < 24 && !(await page.evaluate(() => document.activeElement.name === "answers")); step += 1) await keys.press("Tab");
  await keys.type("Send it again in a minute.");
  await Promise.all([page.waitForURL(/\/known\//), keys.press("Control+Enter")]);
  check("an error is explained with the keyboard alone", (await page.locator(".answers li").count()) === 1);
}

/** Two rows are set aside and come back together. */
async function manyAtOnce(page, address) {
  const keys = page.keyboard;
  await page.goto(`${address}errors`);
  const rows = page.locator("tbody tr[data-row]");
  const before = await rows.count();
  for (const key of ["j", "x", "j", "x"]) await keys.press(key);
  check("x selects, and the bar counts", (await page.locator("[data-picked]").textContent()).endsWith(": 2"));
  await keys.press("X");
  check("X selects every row", (await page.locator("tbody input[name=group]:checked").count()) === (await page.locator("tbody input[name=group]").count()));
  await keys.press("X");
  check("and again none", (await page.locator("tbody input[name=group]:checked").count()) === 0);
  for (const key of ["k", "x", "j", "x"]) await keys.press(key);
  await keys.press("i");
  await Promise.all([page.waitForNavigation(), page.locator(".bulk button[value=ignore]").press("Enter")]);
  check("many are counted before they are changed", /2 groups with [0-9\u202f]+ Logs/.test(await page.locator("main").textContent()));
  await Promise.all([page.waitForNavigation(), page.locator("main button.primary").press("Enter")]);
  check("they leave the queue together", (await rows.count()) === before - 2);
  await Promise.all([page.waitForNavigation(), page.locator(".note button").press("Enter")]);
  check("undo is counted before it is done", (await page.locator("main").textContent()).includes("2 groups would stand again"));
  await Promise.all([page.waitForNavigation(), page.locator("main button.primary").press("Enter")]);
  check("undo brings them back", (await rows.count()) === before && (await page.locator(".note").textContent()).includes("2"));
  check("and cannot be repeated", (await page.locator(".note button").count()) === 0);
}

/** Values are chosen and a view is saved, changed, renamed and removed: all of it with the keyboard. */
async function facetsAndViews(page, address) {
  const keys = page.keyboard;
  const follow = (key) => Promise.all([page.waitForNavigation(), keys.press(key)]);
  const tabTo = async (wanted) => {
    for (let step = 0; step < 400 && !(await page.evaluate(wanted)); step += 1) await keys.press("Tab");
  };
  await page.goto(`${address}errors`);
  const rows = page.locator("tbody tr[data-row]");
  const before = await rows.count();
  await keys.press("f");
  await keys.press("Tab");
  check("f leads to the facets", await page.evaluate(() => document.activeElement.closest(".facets li") !== null));
  const n = Number((await page.evaluate(() => document.activeElement.querySelector("small").textContent)).replace(/\D/g, ""));
  await follow("Enter");
  check("a facet's value shows as many as it says", (await rows.count()) === Math.min(n, 100) && (await page.locator(".narrowed .chip").count()) === 1);
  await page.goto(`${address}errors`);
  await keys.press("f");
  await tabTo(() => document.activeElement.matches(".facets .without"));
  await follow("Enter");
  check("and the sign beside it the others", page.url().includes("not_") && (await rows.count()) < before);
  const narrowed = await rows.count();
  await tabTo(() => document.activeElement.matches(".saving input[name=name]"));
  await keys.type("the others");
  await keys.press("Tab");
  await keys.press("Space");
  await page.locator(".saving input[name=name]").focus();
  await follow("Control+Enter");
  check("a view is saved", page.url().includes("?view=") && (await rows.count()) === narrowed && (await page.locator(".changed").count()) === 0);
  check("a pinned view says how many it has", await page.locator(".saved li", { hasText: "the others" }).locator(".badge", { hasText: String(narrowed) }).waitFor().then(() => true));
  await page.selectOption("select[name=sort]", "last");
  await page.locator(".filters button").focus();
  await follow("Enter");
  check("a change of it is marked", (await page.locator(".changed").count()) === 1);
  await page.locator(".opened button.primary").focus();
  await follow("Enter");
  check("and saved", (await page.locator(".changed").count()) === 0 && (await page.inputValue("select[name=sort]")) === "last");
  await page.locator(".opened summary").focus();
  await keys.press("Enter");
  await page.fill(".opened input[name=name]", "renamed");
  await page.locator(".opened input[name=name]").focus();
  const shared = page.url();
  await follow("Enter");
  check("renamed, it keeps its address", page.url() === shared && (await page.locator(".opened b").textContent()) === "renamed");
  const own = page.locator(".saved li", { hasText: "renamed" });
  await own.locator("button").focus();
  await follow("Enter");
  check("and is removed", (await own.count()) === 0 && page.url() === `${address}errors`);
}

/** Single keys are turned off and on in the account. */
async function withoutSingleKeys(page, address) {
  const turn = async () => {
    await page.goto(`${address}account`);
    await page.locator("#single-keys input[name=off]").press("Space");
    await Promise.all([page.waitForNavigation(), page.locator("#single-keys button").press("Enter")]);
    await page.goto(`${address}errors`);
    await page.keyboard.press("j");
    return page.locator("tr.at").count();
  };
  check("single keys can be turned off", (await turn()) === 0);
  await page.locator("[data-keys]").press("Enter");
  check("the help says so", /Single keys are off/.test(await page.locator("#keys").textContent()) && (await page.locator("#keys").isVisible()));
  await page.keyboard.press("Escape");
  check("and on again", (await turn()) === 1);
}

/** What happened around is changed in place; the values of a variable are seen without a mouse. */
async function aroundAndValues(page, address) {
  await page.goto(`${address}errors`);
  await Promise.all([page.waitForNavigation(), page.locator("tbody a[data-open]:has(.var)").first().click()]);
  const before = page.url();
  const wide = page.locator("#around .tabs a", { hasText: "±20" });
  const n = await page.locator("#around tbody tr").count();
  await wide.focus();
  await page.keyboard.press("Enter");
  await page.locator("#around .tabs a[aria-current]", { hasText: "±20" }).waitFor();
  check("more of what happened around comes in place", (await page.locator("#around tbody tr").count()) >= n && page.url() !== before);
  check("the place that was pressed keeps the focus", await page.evaluate(() => document.activeElement.textContent.includes("±20")));
  const link = page.locator("h1 a.var").first();
  await link.focus();
  check("a variable shows its values where it has the focus", await page.locator("h1 .tip").first().isVisible());
  await page.keyboard.press("Enter");
  const values = page.locator("details.variable[open]").first();
  check("and opens them", (await values.locator("tbody tr").count()) > 0);
  await Promise.all([page.waitForURL(/\/logs\?filter=/), values.locator("tbody td a").first().click()]);
  check("a value leads to its Logs", (await page.locator("tbody tr").count()) > 0);
}

/** From an error on to the next one of the queue that was looked at, and back to that queue. */
async function onAndBack(page, address) {
  const queue = `${address}errors?sort=last`;
  await page.goto(queue);
  const links = await page.locator("tbody a[data-open]").evaluateAll((all) => all.map((link) => link.href));
  await page.goto(links[0]);
  await Promise.all([page.waitForURL(links[1]), page.keyboard.press("n")]);
  check("n leads to the next error of the queue", true);
  await Promise.all([page.waitForURL(queue), page.keyboard.press("u")]);
  check("u leads back to the queue as it was", (await page.locator("select[name=sort]").inputValue()) === "last");
}

export async function triage(browser, { address, people }) {
  const page = await signedIn(browser, address, people.analyst);
  await manyAtOnce(page, address);
  await aroundAndValues(page, address);
  await onAndBack(page, address);
  await facetsAndViews(page, address);
  await withoutSingleKeys(page, address);
  await byKeyboard(page, address);
  const plain = await signedIn(browser, address, people.analyst, { javaScriptEnabled: false });
  await plain.goto(`${address}errors?sort=last&search=a`);
  await plain.locator("tbody a[data-open]").first().click();
  await plain.locator("#around .tabs a").last().click();
  check("surroundings are chosen without script", plain.url().includes("span="));
  await plain.fill("#activity textarea", "without script");
  await plain.click("#activity button");
  check("comments are written without script", (await plain.locator("#activity blockquote").first().textContent()) === "without script");
  await page.context().close();
  await plain.context().close();
}
