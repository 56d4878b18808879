// Drafts in a real browser behind a slow model: asked for, followed as it is written, called off, asked for again, edited, approved, known.
import { check, signedIn } from "./support.mjs";

export const said = (page) => page.locator("#suggestion [data-says]").first().textContent();

/** Opens the first unknown error that has something near it and is not among those. */
export async function openOneWithEvidence(page, address, others = []) {
  await page.goto(`${address}errors?state=unknown`);
  const links = await page.locator("tbody a[href^='/errors/']").evaluateAll((all) => [...new Set(all.map((link) => link.getAttribute("href")))]);
  for (const link of links.filter((link) => !others.includes(link))) {
    await page.goto(address + link.slice(1));
    if ((await page.locator("#suggestion .note li").count()) === 0 && (await page.locator("#suggestion .nearest li").count()) > 0) return link;
  }
  return null;
}

export const ask = (page) => Promise.all([page.waitForNavigation(), page.click("#suggestion form[action$='/suggestion'] button")]);

export async function writing(page) {
  await page.waitForFunction(() => document.querySelector("#suggestion [data-cause]")?.textContent.length > 5, null, { timeout: 60_000 });
}

export async function suggestions(browser, { address, people }) {
  const page = await signedIn(browser, address, people.analyst);
  const link = await openOneWithEvidence(page, address);
  if (!check("an unknown error has known ones near it", link !== null)) return;
  check("what is known nearby is shown at once", (await page.locator("#suggestion .nearest .answers").first().textContent()).length > 5);
  await ask(page);
  await writing(page);
  check("the draft is seen while it is written", (await said(page)) === "Being written");
  await Promise.all([page.waitForNavigation(), page.click("#suggestion form[action$='/cancel'] button")]);
  check("it can be called off", (await said(page)).startsWith("Cancelled"));
  await page.fill("#suggestion textarea[name=context]", "It began after the update of the client.");
  await ask(page);
  await writing(page);
  await page.waitForSelector("#suggestion .draft.done", { timeout: 60_000 });
  const panel = page.locator("#suggestion .draft");
  const text = await panel.textContent();
  check("the draft stands there without the page being loaded again", /client gives up/.test(text) && text.includes("<b>service</b>"));
  check("no markup of it is markup", (await panel.locator("p b:not([data-says])").count()) === 0);
  check("what the evidence does not bear out is marked", (await panel.locator("mark").first().textContent()).includes("evil.example.org"));
  check("it says who wrote it", /slow at http:\/\/127\.0\.0\.1/.test(text));
  check("and what it rests on", (await panel.locator("a[href^='/known/'], a[href^='/logs/']").count()) > 0);
  await Promise.all([page.waitForURL(/draft=1/), panel.locator("a.primary").click()]);
  const answers = page.locator("#explain textarea[name=answers]");
  check("the form begins with the draft", (await answers.inputValue()).includes("repeat the operation"));
  await answers.fill("The service is down. Start it again, then repeat the operation.");
  if ((await page.locator("#explain select[name=status]").inputValue()) === "") {
    await page.locator("#explain select[name=status]").selectOption({ index: 1 });
  }
  await Promise.all([page.waitForURL(/\/known\//), page.click("#explain button.primary")]);
  check("it is known", (await page.locator(".answers li").first().textContent()).includes("The service is down."));
  await page.goto(`${address}efficiency`);
  check("the page of efficiency counts it", /\d+ %/.test(await page.locator(".figure.known b").textContent()));
  await page.goto(address + link.slice(1));
  check("the draft says that it was taken", (await said(page)).startsWith("Taken by demo"));
  await page.click("text=Ask a question");
  await page.fill("textarea[name=question]", "When did it begin?");
  await page.click("main button.primary");
  await page.waitForFunction(() => document.querySelector("#writing [data-text]").textContent.includes("It came"), null, { timeout: 60_000 });
  check("an answer is seen while it is written", await page.locator("#writing").isVisible());
  await page.click("#writing [data-stop]");
  check("it can be stopped", (await page.locator("#outcome").textContent()).includes("You stopped it") && !(await page.locator("#writing").isVisible()));
  await page.click("main button.primary");
  await page.waitForFunction(() => document.querySelector("#writing").hidden && document.querySelector("#outcome").textContent.trim() !== "", null, { timeout: 60_000 });
  const answered = await page.locator("#outcome").textContent();
  check("a question is answered as text", answered.includes("<b>after</b> the update"), answered);
  const plain = await signedIn(browser, address, people.analyst, { javaScriptEnabled: false });
  await plain.goto(page.url());
  await plain.fill("textarea[name=question]", "When did it begin?");
  await plain.click("main button.primary");
  check("without script it comes when it is whole", (await plain.locator("#answer .answers").textContent()).includes("<b>after</b> the update"));
  await plain.context().close();
  await page.context().close();
}
