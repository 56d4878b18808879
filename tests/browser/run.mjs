// The main paths in a real browser: sign-in, reading every page, uploading, explaining an unknown error.
// Usage: node run.mjs ADDRESS PASSWORD LOG_FILE SCREENSHOT_DIR
import { chromium } from "playwright-core";
import { mkdirSync } from "node:fs";

const [address, password, logFile, shots] = process.argv.slice(2);
mkdirSync(shots, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.LOGHELPER_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});
let passed = 0;
let failed = 0;

function check(what, holds) {
  if (holds) passed += 1;
  else failed += 1;
  console.log(`${holds ? "ok" : "FAILED"} - ${what}`);
}

async function signedIn(options) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, locale: "en-US", ...options });
  const page = await context.newPage();
  page.on("console", (message) => { if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) check(`no error in the console: ${message.text()}`, false); });
  await page.goto(`${address}logs`);
  await page.fill("input[name=name]", "demo");
  await page.fill("input[name=password]", password);
  await page.click("button.primary");
  return page;
}

try {
  const page = await signedIn({ colorScheme: "light" });
  check("sign-in leads to the page that was asked for", page.url() === `${address}logs`);

  for (const [name, path] of [["home", ""], ["errors", "errors"], ["known", "known"], ["statuses", "statuses"], ["logs", "logs"], ["files", "files"], ["upload", "upload"]]) {
    const answer = await page.goto(address + path);
    check(`${name} is shown`, answer.status() === 200 && (await page.locator("h1").count()) === 1);
    await page.screenshot({ path: `${shots}/${name}-light.png`, fullPage: true });
  }

  await page.goto(`${address}logs?filter=${encodeURIComponent("branch = ")}`);
  check("a filter that is none is told with its place", (await page.locator(".problem").textContent()).includes("ends where a value was wanted"));
  await page.goto(`${address}logs?filter=${encodeURIComponent("verdict.known_error_id exists")}`);
  await page.locator("tbody tr td a").first().click();
  check("a Log shows both halves and answers", (await page.locator("pre.json").count()) >= 2 && (await page.locator(".answers li").count()) > 0);
  await page.screenshot({ path: `${shots}/log-light.png`, fullPage: true });

  await page.goto(`${address}errors`);
  const before = await page.locator("tbody tr").count();
  await page.locator("tbody tr td a").first().click();
  await page.screenshot({ path: `${shots}/group-light.png`, fullPage: true });
  await page.fill("textarea[name=answers]", "Wait.");
  await page.click("text=Approve");
  check("an approval without a status is refused and says why", (await page.locator(".problem").textContent()).includes("status"));
  await page.selectOption("select[name=status]", "430");
  await page.fill("textarea[name=answers]", " ");
  await page.click("text=Approve");
  check("an approval without an answer is refused and says why", (await page.locator(".problem").textContent()).includes("answers"));
  await page.fill("textarea[name=answers]", "Wait a minute and send it again.\n\nThen call the duty administrator.");
  await page.click("text=Approve");
  await page.waitForURL(/\/known\//);
  check("an approved error has its own page with both answers", page.url().includes("/known/") && (await page.locator(".answers li").count()) === 2);
  check("its stored occurrences became known", /[1-9]/.test(await page.locator(".note").textContent()));
  await page.screenshot({ path: `${shots}/known-error-light.png`, fullPage: true });
  await page.goto(`${address}errors`);
  check("it no longer waits", (await page.locator("tbody tr").count()) === before - 1);

  await page.goto(`${address}upload`);
  await page.fill("input[name=new_branch]", "B99");
  await page.setInputFiles("input[name=file]", logFile);
  await page.click("main button.primary");
  await page.waitForURL(/\/files\//, { timeout: 60000 });
  check("an upload ends at its result", (await page.locator(".figure").count()) === 10);
  await page.screenshot({ path: `${shots}/file-light.png`, fullPage: true });
  await page.goto(`${address}upload`);
  await page.selectOption("select[name=branch]", "B99");
  await page.setInputFiles("input[name=file]", logFile);
  await page.click("main button.primary");
  await page.waitForURL(/\/files\//, { timeout: 60000 });
  check("the same file again says so", (await page.locator(".note").count()) === 1);

  await page.click("text=Українською");
  check("the pages speak Ukrainian", (await page.locator("nav").textContent()).includes("Невідомі помилки"));

  const answer = await page.request.post(`${address}upload`, { multipart: { csrf: "wrong", branch: "B99" } });
  check("a form without the session's token is refused", answer.status() === 403);
  check("an unknown address has its page", (await page.goto(`${address}nothing`)).status() === 404);

  const dark = await signedIn({ colorScheme: "dark" });
  for (const [name, path] of [["home", ""], ["errors", "errors"], ["known", "known"], ["logs", "logs"], ["statuses", "statuses"], ["files", "files"], ["upload", "upload"]]) {
    await dark.goto(address + path);
    await dark.screenshot({ path: `${shots}/${name}-dark.png`, fullPage: true });
  }
  await dark.goto(`${address}logs?filter=${encodeURIComponent("error exists and not verdict.known_error_id exists")}`);
  await dark.locator("tbody tr td a").first().click();
  await dark.screenshot({ path: `${shots}/log-dark.png`, fullPage: true });

  const plain = await signedIn({ javaScriptEnabled: false });
  await plain.goto(`${address}logs`);
  check("Logs are read without script", (await plain.locator("tbody tr").count()) > 10);
} catch (error) {
  console.error(error);
  failed += 1;
} finally {
  await browser.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
