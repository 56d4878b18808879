// The main paths: reading, explaining an unknown error, saving a filter, uploading.
import { check, filtered, signedIn, signIn, visitor } from "./support.mjs";

async function explain(page, address) {
  await page.goto(`${address}errors`);
  const before = await page.locator("tbody tr").count();
  await page.locator("tbody tr td a").first().click();
  await page.fill("textarea[name=answers]", "Wait.");
  await page.click("text=What would it catch?");
  check("a rule is tried on what is stored", /[1-9][0-9]* errors that nobody knew/.test(await page.locator("#preview").textContent()));
  const group = page.url().replace(/\/preview.*$/, "");
  await page.click("text=Merge with another group");
  await page.fill("input[name=into]", "nothing");
  await page.press("input[name=into]", "Enter");
  await page.locator(".problem").waitFor();
  check("merging with what is no group is refused", (await page.locator(".problem").textContent()).includes("id"));
  await page.goto(group);
  await page.fill("textarea[name=answers]", "Wait.");
  await page.click("text=Approve");
  check("an approval without a status is refused and says why", (await page.locator(".problem").textContent()).includes("status"));
  await page.selectOption("select[name=status]", "430");
  await page.fill("textarea[name=answers]", " ");
  await page.click("text=Approve");
  check("an approval without an answer is refused and says why", /answer/i.test(await page.locator(".problem").textContent()));
  await page.fill("textarea[name=answers]", "Wait a minute and send it again.\n\nThen call the duty administrator.");
  await page.click("text=Approve");
  await page.waitForURL(/\/known\//);
  check("an approved error has its own page with both answers", (await page.locator(".answers li").count()) === 2);
  check("its stored occurrences became known", /[1-9]/.test(await page.locator(".note").first().textContent()));
  await page.goto(`${address}errors`);
  check("it no longer waits", (await page.locator("tbody tr").count()) === before - 1);
}

async function ask(page, address) {
  await page.goto(address + filtered("branch = "));
  check("a filter that is none is told with its place", (await page.locator(".problem").textContent()).includes("ends where a value was wanted"));
  await page.goto(address + filtered('verdict.known_error_id exists and state = "complete"'));
  await page.locator("#rows tbody tr td a").first().click();
  await page.waitForURL(/\/logs\/[0-9a-f]{24}/);
  check("a Log shows both halves and answers", (await page.locator("pre.json").count()) >= 2 && (await page.locator(".answers li").count()) > 0);
  await page.locator("pre.json a.s").first().click();
  await page.waitForURL(/\/logs\?filter=/);
  check("a value leads to the Logs that have it", (await page.locator("tbody tr").count()) > 0);
  const asked = await page.inputValue("input[name=filter]");
  await page.locator("ul.properties a").first().click();
  await page.waitForFunction((before) => document.querySelector("input[name=filter]")?.value !== before, asked);
  const narrowed = await page.inputValue("input[name=filter]");
  check("a property adds to the filter", narrowed.startsWith(asked) && narrowed.endsWith("exists"), narrowed);
  await page.fill("input[name=name]", "mine");
  await page.click("text=Save the view");
  await page.locator(".saved li").waitFor();
  check("a saved filter is offered", (await page.locator(".saved li").count()) === 1);
  await page.locator(".saved button").click();
  await page.waitForURL(`${address}logs`);
  check("and can be removed", (await page.locator(".saved li").count()) === 0);
}

async function upload(page, address, logFile) {
  await page.goto(`${address}upload`);
  await page.fill("input[name=new_branch]", "B99");
  await page.setInputFiles("input[name=file]", logFile);
  await page.click("main button.primary");
  await page.waitForURL(/\/files\//, { timeout: 60000 });
  check("an upload ends at its result", (await page.locator(".figure").count()) === 10);
  await page.goto(`${address}upload`);
  await page.selectOption("select[name=branch]", "B99");
  await page.setInputFiles("input[name=file]", logFile);
  await page.click("main button.primary");
  await page.waitForURL(/\/files\//, { timeout: 60000 });
  check("the same file again says so", (await page.locator(".note").count()) === 1);
  await page.goto(`${address}upload`);
  await page.locator("#upload-form").evaluate((form) => { form.dataset.limit = "10"; });
  await page.setInputFiles("input[name=file]", logFile);
  await page.click("main button.primary");
  check("a file that is too large is refused before it is sent", await page.locator("#problem").isVisible());
  const answer = await page.request.post(`${address}upload`, { multipart: { csrf: "wrong", branch: "B99" } });
  check("a form without the session's token is refused", answer.status() === 403);
}

export async function mainPaths(browser, { address, people, logFile }) {
  const page = await visitor(browser);
  await signIn(page, address, people.analyst, "logs");
  check("sign-in leads to the page that was asked for", page.url() === `${address}logs`);
  await ask(page, address);
  await explain(page, address);
  await upload(page, address, logFile);
  await page.click(".account summary");
  await page.click("text=Українською");
  check("the pages speak Ukrainian", (await page.locator("nav").textContent()).includes("Невідомі помилки"));

  const plain = await signedIn(browser, address, people.analyst, { javaScriptEnabled: false });
  await plain.goto(`${address}logs`);
  check("Logs are read without script", (await plain.locator("tbody tr").count()) > 10);
}
