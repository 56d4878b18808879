// What the parts share: the count of checks, and signed-in pages that tell of every error in the console and every breach of the content policy.
import { chromium } from "playwright-core";

export const count = { passed: 0, failed: 0 };

export function check(what, holds, detail = "") {
  if (holds) count.passed += 1;
  else count.failed += 1;
  console.log(`${holds ? "ok" : "FAILED"} - ${what}${holds || !detail ? "" : `: ${detail}`}`);
  return holds;
}

export const launch = () =>
  chromium.launch({
    executablePath: process.env.LOGHELPER_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
  });

/** A page of its own browser session; whatever goes wrong in it is a failed check. */
export async function visitor(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-US", ...options });
  const page = await context.newPage();
  // An answer of 4xx to the address that is looked at is asked for; Chromium writes it to the console as an error. What a page fetches beside
  // has to be there.
  const documents = new Set();
  page.on("request", (request) => { if (request.isNavigationRequest()) documents.add(request.url().split("#")[0]); });
  page.on("console", (message) => {
    const asked = /status of 4\d\d/.test(message.text()) && documents.has(message.location().url.split("#")[0]);
    if (message.type() === "error" && !asked) check(`no error in the console of ${page.url()}`, false, message.text());
  });
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      console.error(`the content policy was breached: ${violatedDirective} ${blockedURI}`);
    });
  });
  page.on("pageerror", (error) => check(`no error in a script of ${page.url()}`, false, error.message));
  page.on("dialog", async (dialog) => {
    check(`no dialog at ${page.url()}`, false, dialog.message());
    await dialog.dismiss();
  });
  return page;
}

export async function signIn(page, address, who, path = "") {
  await page.goto(address + path);
  await page.fill("input[name=name]", who.name);
  await page.fill("input[name=password]", who.password);
  await page.click("main button.primary");
}

export async function signedIn(browser, address, who, options) {
  const page = await visitor(browser, options);
  await signIn(page, address, who);
  return page;
}

export const filtered = (filter) => `logs?filter=${encodeURIComponent(filter)}`;
