// Every page in every dress: light and dark, English and Ukrainian, wide and narrow. Nothing may stick out, axe may find nothing serious.
// LOGHELPER_SCREENSHOTS=DIR (tests/browser/screenshots) takes a picture of each page in all eight dresses; otherwise four dresses cover each choice twice.
import axe from "axe-core";
import { check, filtered, signIn, visitor } from "./support.mjs";

export const NARROW = { width: 390, height: 844 };
export const WIDE = { width: 1280, height: 900 };
const SERIOUS = ["serious", "critical"];

function dresses(all) {
  const every = [];
  for (const theme of ["light", "dark"]) {
    for (const language of ["en", "uk"]) {
      for (const width of ["wide", "narrow"]) every.push({ theme, language, width });
    }
  }
  return all ? every : every.filter(({ theme, language, width }) => (language === "en") === ((theme === "light") === (width === "wide")));
}

const first = (page, selector) => page.locator(selector).first().getAttribute("href");

/** A pinned view of the queue; it is shown afterwards. */
async function saveView(page, address) {
  await page.goto(`${address}errors?sort=last`);
  await page.fill(".saving input[name=name]", "The latest");
  await page.check(".saving input[name=pinned]");
  await page.click(".saving button");
  await page.waitForURL(/view=/);
}

/** The link by which a new person joins. */
async function invitation(page, address) {
  await page.goto(`${address}people`);
  await page.fill("aside input[name=name]", "guest");
  await page.selectOption("aside select[name=role]", "expert_analyst");
  await page.click("aside button.primary");
  return new URL(await page.locator("code.secret").textContent()).pathname;
}

/** The page of an upload of several files. */
async function severalFiles(page, address) {
  await page.goto(`${address}upload`);
  await page.fill("input[name=new_branch]", "B97");
  const file = (name) => ({ name, mimeType: "text/plain", buffer: Buffer.from(`nothing of ${name}\n`) });
  await page.setInputFiles("input[name=file]", [file("a.log"), file("b.log")]);
  await page.click("main button.primary");
  await page.waitForURL(/\/uploads\//);
  return new URL(page.url()).pathname;
}

/** Addresses of one page of each kind. */
async function addresses(page, address) {
  const found = [];
  const add = (name, path, status = 200) => found.push({ name, path: path.replace(/^\//, ""), status });
  const follow = async (name, path, selector) => {
    await page.goto(address + path);
    add(name, await first(page, selector));
  };
  add("home", "");
  add("upload", "upload");
  add("files", "files");
  await follow("file", "files", "tbody a[href^='/files/']");
  const file = found.at(-1).path;
  add("file_remove", `${file}/delete`);
  add("file_reprocess", `${file}/reprocess`);
  add("branches", "branches");
  await follow("branch", "branches", "tbody a[href^='/branches/']");
  add("subscriptions", `${found.at(-1).path}/subscriptions`);
  add("quarantine", "quarantine");
  add("quarantine-empty", "quarantine?branch=NOBODY");
  await follow("piece", "quarantine", "tbody a[href^='/quarantine/']");
  add("errors", "errors");
  add("errors-none", "errors?search=nothing-of-the-kind");
  add("errors-ignored", "errors?state=ignored");
  add("errors-all", "errors?state=all&sort=last&search=a");
  add("errors-narrowed", "errors?state=all&method=%3Cnone%3E&not_branch=K01&not_assignee=-");
  await saveView(page, address);
  add("errors-view-changed", `errors?${new URL(page.url()).searchParams}&sort=first`);
  await follow("group", "errors", "tbody a[href^='/errors/']");
  add("ask", `ask?about=error&id=${found.at(-1).path.split("/").at(-1)}`);
  add("efficiency", "efficiency");
  add("pinned", "pinned");
  add("group_rules", "errors/rules");
  add("known", "known");
  add("known-none", "known?search=nothing-of-the-kind");
  await follow("known_error", "known", "tbody a[href^='/known/']");
  const known = found.at(-1).path;
  add("known_edit", `${known}/edit`);
  add("known_versions", `${known}/versions`);
  add("known_new", "knowledge/new");
  add("known_import", "knowledge/import");
  add("known_duplicates", "knowledge/duplicates");
  add("statuses", "statuses");
  add("status", "statuses/430");
  add("status-new", "statuses/new");
  await page.goto(`${address}statuses/430`);
  const into = await page.locator("select[name=into] option").nth(1).getAttribute("value");
  add("status-merge", `statuses/430/merge?into=${into}`);
  add("logs", "logs");
  add("logs-filtered", filtered("error exists and not verdict.known_error_id exists"));
  add("logs-problem", filtered("branch = "));
  add("logs-built", "logs?g=any&p=branch&o=%3D&v=K01&g=all&p=&o=&v=&e=&do=add&e=");
  add("logs-tail", "logs/tail");
  await follow("log-known", filtered("verdict.known_error_id exists"), "tbody a[href^='/logs/']");
  await follow("log-unknown", filtered("error exists and not verdict.known_error_id exists"), "tbody a[href^='/logs/']");
  await follow("log-half", filtered('state = "request_only"'), "tbody a[href^='/logs/']");
  add("people", "people");
  await follow("person", "people", "tbody a[href^='/people/']");
  add("account", "account");
  add("join", await invitation(page, address));
  add("audit", "audit");
  add("audit-none", "audit?actor=nobody-of-the-kind");
  add("api", "docs/api");
  add("error-400", "logs?filter=a&filter=b", 400);
  add("error-404", "nothing", 404);
  add("uploads", await severalFiles(page, address));
  return found;
}

export async function inspect(page, label, shots) {
  const { scroll, client, culprits, strays } = await page.evaluate(() => {
    const wide = document.documentElement;
    const out = [...document.querySelectorAll("body *")].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width > 0 && box.right > wide.clientWidth + 1 && !element.closest(".card, pre, .hidden");
    });
    // What scrolls sideways by itself has to be reached by the keyboard and named by a screen reader.
    const scrolls = (element) => element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(element).overflowX);
    const named = (element) => element.tabIndex >= 0 && element.role === "region" && (element.ariaLabel || element.hasAttribute("aria-labelledby"));
    const field = (element) => element.matches("input, textarea, select");
    const stray = [...document.querySelectorAll("body *")].filter((element) => scrolls(element) && !named(element) && !field(element));
    out.unshift(...stray);
    return { strays: stray.length, scroll: wide.scrollWidth, client: wide.clientWidth, culprits: out.slice(0, 3).map((element) => element.outerHTML.slice(0, 80)) };
  });
  check(`${label}: nothing sticks out`, scroll <= client && strays === 0, `${scroll} > ${client} ${culprits}`);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const serious = violations.filter(({ impact }) => SERIOUS.includes(impact));
  const told = serious.map(({ id, nodes }) => `${id} (${nodes.length}): ${nodes[0].html.slice(0, 120)} ${nodes[0].any?.[0]?.message ?? ""}`);
  check(`${label}: axe finds nothing serious`, serious.length === 0, told.join("; "));
  if (!shots) return;
  // What sticks to the window would stand in the middle of a picture of the whole page.
  const stick = (position) => page.locator(".bulk").evaluateAll((all, position) => all.forEach((one) => { one.style.position = position; }), position);
  await page.mouse.move(0, 0);
  await stick("static");
  await page.screenshot({ path: `${shots}/${label.replaceAll(" ", "-")}.png`, fullPage: true });
  await stick("");
  const [, chosen] = /^(home|errors|group|logs-filtered) light en wide$/.exec(label) ?? [];
  if (chosen) await page.screenshot({ path: `${shots}/${chosen}.png` });
}

/** A form larger than the server takes, sent by the browser as a person's would be. */
async function sendTooMuch(page) {
  await Promise.all([
    page.waitForNavigation(),
    page.evaluate(() => {
      const form = document.createElement("form");
      form.method = "post";
      form.action = "/logs/save";
      for (const [name, value] of [["csrf", "x"], ["name", "x"], ["filter", "x".repeat(2 << 20)]]) {
        const input = document.createElement("input");
        Object.assign(input, { type: "hidden", name, value });
        form.append(input);
      }
      document.body.append(form);
      form.submit();
    }),
  ]);
}

export async function everyPage(browser, { address, people, shots }) {
  const scout = await visitor(browser);
  await signIn(scout, address, people.analyst);
  const pages = await addresses(scout, address);
  await scout.context().close();
  for (const { theme, language, width } of dresses(Boolean(shots))) {
    const dress = `${theme} ${language} ${width}`;
    const page = await visitor(browser, { colorScheme: theme, locale: language === "uk" ? "uk-UA" : "en-US", viewport: width === "narrow" ? NARROW : WIDE });
    await page.addInitScript(axe.source);
    await page.goto(address + "sign-in");
    await inspect(page, `sign-in ${dress}`, shots);
    await signIn(page, address, { name: "nobody", password: "wrong password" });
    await inspect(page, `sign-in-wrong ${dress}`, shots);
    await signIn(page, address, people.analyst);
    for (const { name, path, status } of pages) {
      const answer = await page.goto(address + path);
      check(`${name} ${dress}: answers ${status}`, answer.status() === status && (await page.locator("h1").count()) === 1, String(answer.status()));
      await inspect(page, `${name} ${dress}`, shots);
      if (name === "group") {
        await page.fill("textarea[name=answers]", "x");
        await page.click("main button.primary");
        await page.locator(".problem").waitFor();
        await inspect(page, `group-refused ${dress}`, shots);
      }
      if (name === "home") {
        await page.locator("nav details summary").first().click();
        await inspect(page, `menu ${dress}`, shots);
        await page.locator("nav details[data-pins] summary").click();
        await page.locator("#pins .badge").first().waitFor();
        await inspect(page, `menu-pinned ${dress}`, shots);
        await page.locator(".account summary").click();
        await inspect(page, `menu-account ${dress}`, shots);
      }
      if (name === "errors") {
        await page.locator(".bulk summary").click();
        await inspect(page, `errors-ignore ${dress}`, shots);
        await page.keyboard.press("Escape");
        await page.locator("tbody input[name=group]").first().check();
        await page.click(".bulk button[value=assign]");
        await page.waitForURL(/\/errors\/bulk$/);
        await inspect(page, `errors-bulk ${dress}`, shots);
      }
      if (name === "logs") {
        await page.locator("main summary").first().click();
        await inspect(page, `logs-help ${dress}`, shots);
      }
    }
    await sendTooMuch(page);
    check(`error-413 ${dress}: is a page`, (await page.locator(".code").textContent()) === "413");
    await inspect(page, `error-413 ${dress}`, shots);
    await page.context().clearCookies();
    await signIn(page, address, people.operator);
    await page.goto(address);
    await inspect(page, `home-operator ${dress}`, shots);
    const answer = await page.goto(`${address}errors`);
    check(`errors of an operator ${dress}: answers 403`, answer.status() === 403);
    await inspect(page, `error-403 ${dress}`, shots);
    await page.context().close();
  }
}
