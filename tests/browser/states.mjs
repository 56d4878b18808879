// States that pages take on while somebody works: previews, problems, reports, dialogs, what was fixed, merged, set aside. axe finds nothing serious in
// any of them, and nothing sticks out, in the light on a wide screen and in the dark on a narrow one.
import axe from "axe-core";
import { NARROW, WIDE, inspect } from "./pages.mjs";
import { signedIn } from "./support.mjs";

const first = (page, selector) => page.locator(selector).first().getAttribute("href");

/** Puts a group of its own into each state; their addresses. */
async function groups(page, address) {
  await page.goto(`${address}errors`);
  const links = await page.locator("tbody a[data-open]").evaluateAll((all) => all.slice(-3).map((link) => link.getAttribute("href")));
  const [merged, target, ignored] = links.map((link) => address + link.slice(1));
  await page.goto(`${merged}/merge?into=${target.split("/").at(-1)}`);
  await page.click("main button.primary");
  await page.waitForURL(/moved=/);
  await page.goto(ignored);
  await page.locator(".triage summary").click();
  await page.fill(".triage input[name=more]", "1000");
  await page.click(".triage form[action$=ignore] button");
  await page.locator(".triage .aside").waitFor();
  return { merged, target, ignored };
}

/** Takes merging and setting aside back. */
async function undo(page, { target, ignored }) {
  await page.goto(target);
  await page.locator("#activity form.inline button").first().click();
  await page.click("main button.primary");
  await page.waitForURL(/#activity$/);
  await page.goto(ignored);
  await page.click(".triage .aside button");
}

/** Does what leads to another page, and waits until that is there: a click itself does not. */
async function leaving(page, act) {
  await Promise.all([page.waitForEvent("framenavigated"), act()]);
  await page.waitForLoadState();
}

async function looked(page, address, dress, made) {
  const look = (name) => inspect(page, `${name} ${dress}`, "");
  await page.goto(`${address}errors`);
  await page.keyboard.press("?");
  await look("keys");
  await page.keyboard.press("Escape");
  for (const [name, at] of Object.entries(made)) {
    await page.goto(at);
    await look(`group-${name}`);
  }
  await page.goto(`${address}errors`);
  await page.goto(address + (await first(page, "tbody a[data-open]")).slice(1));
  await page.click("text=What would it catch?");
  await page.locator("#preview").waitFor();
  await look("group-preview");
  await leaving(page, () => page.click("text=Merge with another group"));
  await look("group-merge");
  await page.goto(`${address}known`);
  await page.goto(`${address + (await first(page, "tbody a[data-open]")).slice(1)}/edit`);
  const tries = page.locator("button[formaction$=preview], button[formaction*=preview]").first();
  await tries.click();
  await page.waitForURL(/preview/);
  await look("known-preview");
  await page.fill("input[name=conditions]", "branch =");
  await tries.click();
  await page.locator(".problem").waitFor();
  await look("known-problem");
  for (const state of ["regressed", "retired"]) {
    await page.goto(`${address}known?state=${state}`);
    const link = page.locator("tbody a[data-open]").first();
    if ((await link.count()) === 0) continue;
    await leaving(page, () => link.click());
    await look(`known-${state}`);
  }
  await page.goto(`${address}knowledge/import`);
  const document = { statuses: [], known_errors: [{ id: "states", title: "States", text: "Nothing of the kind ever happened", status: 430, answers: [{ text: "Wait." }] }] };
  await page.setInputFiles("input[type=file]", { name: "kb.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(document)) });
  await leaving(page, () => page.click("main button.primary"));
  await look("import-report");
  await page.goto(`${address}account`);
  await page.fill("form[action$=tokens] input[name=name]", `states ${dress}`);
  await leaving(page, () => page.click("form[action$=tokens] button"));
  await look("account-secret");
}

export async function states(browser, { address, people }) {
  const scout = await signedIn(browser, address, people.analyst);
  const made = await groups(scout, address);
  for (const [theme, viewport] of [["light", WIDE], ["dark", NARROW]]) {
    const dress = `${theme} ${viewport.width}`;
    const options = { colorScheme: theme, viewport };
    const page = await signedIn(browser, address, people.analyst, options);
    await page.addInitScript(axe.source);
    await looked(page, address, dress, made);
    await page.context().close();
    const operator = await signedIn(browser, address, people.operator, options);
    await operator.addInitScript(axe.source);
    for (const path of ["", "known", "logs", "files", "branches", "pinned", "account", "nothing"]) {
      await operator.goto(address + path);
      await inspect(operator, `operator /${path} ${dress}`, "");
    }
    await operator.context().close();
  }
  await undo(scout, made);
  await scout.context().close();
}
