// The Logs in a browser: a filter is built, saved, changed and shared; exported; followed; two files are uploaded at once.
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, filtered, signedIn } from "./support.mjs";

const text = (page) => page.inputValue("#filter");

async function build(page, address) {
  await page.goto(`${address}logs`);
  await page.click("text=Build the filter");
  const add = () => page.locator("#builder button[value=add]").last().click();
  await add();
  await page.locator("#builder input[name=p]").fill("branch");
  await page.locator("#builder input[name=v]").fill("K01");
  await page.locator("#builder input[name=v]").blur();
  await page.waitForFunction(() => document.getElementById("filter").value === 'branch = "K01"');
  check("the text follows the builder", (await text(page)) === 'branch = "K01"');
  check("values that were seen are suggested", (await page.locator("#builder datalist[id^=values] option").count()) > 0);
  await add();
  await page.locator("#builder input[name=p]").nth(1).waitFor();
  check("the new condition has the focus", await page.evaluate(() => document.activeElement?.name === "p" && !document.activeElement.value));
  await page.keyboard.type("error");
  await page.locator("#builder select[name=o]").nth(1).selectOption("exists");
  await page.waitForFunction(() => document.getElementById("filter").value.endsWith("error exists"));
  await page.locator("#builder button.primary").click();
  await page.waitForURL(/filter=branch/);
  check("a filter that was built shows its Logs", (await page.locator("#rows tbody tr").count()) > 0);
  check("the chart and its table agree with it", (await page.locator(".chart svg rect.slot").count()) === (await page.locator(".chart tbody tr").count()));
  await page.fill("#filter", 'branch = "K01" and');
  await page.locator("#filter-problem mark").waitFor();
  check("what is wrong is pointed at while it is written", await page.locator("#filter-problem").isVisible());
  await page.goBack();
}

async function save(page, browser, { address, people }) {
  await page.goto(address + filtered('branch = "K01" and error exists'));
  await page.fill("input[name=name]", "Errors of K01");
  for (const box of ["pinned", "shared"]) await page.check(`input[name=${box}]`);
  await page.click("text=Save the view");
  await page.waitForURL(/view=/);
  await page.waitForFunction(() => document.querySelector(".badge")?.textContent.length > 0);
  check("a pinned view tells how many Logs it finds", /^[0-9\s+]+$/u.test(await page.locator(".badge").first().textContent()));
  const shared = page.url();
  await page.fill("#filter", 'branch = "K01"');
  await page.click("#text-form button.primary");
  check("a change that is not saved is marked", await page.locator(".changed").waitFor().then(() => true));
  await page.click("text=Reset");
  check("reset brings the view back", (await text(page)) === 'branch = "K01" and error exists' && !(await page.locator(".changed").isVisible()));
  const other = await signedIn(browser, address, people.operator);
  await other.goto(shared);
  check("whoever is given the link sees the view", (await text(other)) === 'branch = "K01" and error exists');
  await other.context().close();
  await page.locator(".saved button").click();
  await page.waitForURL(`${address}logs`);
}

async function take(page, address) {
  await page.goto(address + filtered("error exists"));
  for (const [kind, begins] of [["NDJSON", "{"], ["CSV", '"date"']]) {
    const waiting = page.waitForEvent("download");
    await page.click(`.tools >> text=${kind}`);
    const content = readFileSync(await (await waiting).path(), "utf8");
    check(`the export as ${kind} holds the Logs`, content.startsWith(begins) && content.split("\n").length > 10);
  }
  await page.goto(`${address}logs`);
  await page.locator("#rows tbody tr").first().waitFor();
  for (const key of ["j", "j"]) await page.keyboard.press(key);
  check("j moves among the Logs", await page.evaluate(() => document.activeElement.matches("#rows tbody tr:nth-child(2) [data-open]")));
  await page.keyboard.press("Tab");
  check("what narrows the filter is reached by the keyboard", await page.evaluate(() => document.activeElement.matches(".sides a") && Number(getComputedStyle(document.activeElement.parentElement).opacity) > 0));
  await Promise.all([page.waitForURL(/filter=/), page.keyboard.press("Enter")]);
  check("a date bounds the Logs", (await text(page)).startsWith("date >= "));
  await page.keyboard.press("?");
  check("? shows the keys", await page.locator("#keys").isVisible());
  await page.keyboard.press("Escape");
  await page.goto(address + filtered("error exists"));
  await page.click(".tools >> text=Live");
  await page.waitForURL(/tail/);
  const before = await page.locator("#kept tr").count();
  await page.click("#pause");
  check("the live page can be paused", before > 0 && /Paused/.test(await page.locator("#tail-state").textContent()));
  await page.context().clearCookies({ name: "loghelper_session" });
  await page.click("#pause");
  await page.waitForFunction(() => /session has ended/.test(document.getElementById("tail-state").textContent));
  check("it ends with the session", !(await page.locator("#pause").isVisible()));
}

async function sendTwo(page, address, logFile) {
  const second = join(tmpdir(), `loghelper-second-${process.pid}.log`);
  writeFileSync(second, `${readFileSync(logFile, "utf8")}\n`);
  await page.goto(`${address}upload`);
  await page.fill("input[name=new_branch]", "B98");
  await page.setInputFiles("input[name=file]", [logFile, second]);
  await page.click("main button.primary");
  await page.locator("#files a").nth(1).waitFor({ timeout: 60000 });
  check("two files sent at once have a result each", (await page.locator("#files a[href^='/files/']").count()) === 2);
  await page.locator("#files a").first().click();
  await page.click("text=Remove the file");
  await page.waitForURL(/\/files\/[0-9a-f]+\/delete/);
  check("removing a file says what that means", (await page.locator("main li").count()) === 5);
  await page.click("main button.primary");
  await page.waitForURL(`${address}files`);
}

export async function logs(browser, settings) {
  const page = await signedIn(browser, settings.address, settings.people.analyst);
  await build(page, settings.address);
  await save(page, browser, settings);
  await sendTwo(page, settings.address, settings.logFile);
  await take(page, settings.address);
  await page.context().close();
}
