// What comes in while a person looks: the live tail shows a new Log, holds rows back while it is paused, and shows them after; an upload tells how
// far it is.
import { check, filtered, signedIn } from "./support.mjs";

/** A log of so many exchanges of one server, the nth in the nth second. */
function log(server, n, from = 0) {
  const pad = (n) => String(n).padStart(2, "0");
  const exchanges = Array.from({ length: n }, (_, index) => {
    const second = from + index;
    const at = `5/9/2016 ${(Math.floor(second / 3600) % 12) || 12}:${pad(Math.floor(second / 60) % 60)}:${pad(second % 60)} AM`;
    const id = `${server}-${second}`;
    const error = index % 50 === 49 ? `"status":"ERROR","error":"Ledger page ${second} is torn"` : '"status":"OK"';
    return `=> ${server} at ${at}: from 10.0.0.1;\nInput = {"method":"Turn","sessionid":"s","message_id":"${id}"}\n<= ${server} at ${at}: to 10.0.0.1\nOutput = {${error},"message_id":"${id}"}\n`;
  });
  return exchanges.join("");
}

async function send(page, address, branch, name, text) {
  await page.goto(`${address}upload`);
  const known = (await page.locator(`select[name=branch] option[value="${branch}"]`).count()) > 0;
  if (known) await page.selectOption("select[name=branch]", branch);
  else await page.fill("input[name=new_branch]", branch);
  await page.setInputFiles("input[name=file]", { name, mimeType: "text/plain", buffer: Buffer.from(text) });
  await page.click("main button.primary");
}

async function tail(browser, address, who) {
  const sender = await signedIn(browser, address, who);
  const arrive = async (name, from) => {
    await send(sender, address, "T77", name, log("Tailed", 1, from));
    await sender.waitForURL(/\/files\//, { timeout: 60000 });
  };
  await arrive("first.log", 0);
  const page = await signedIn(browser, address, who);
  await page.goto(address + filtered('branch = "T77"').replace("logs?", "logs/tail?"));
  const rows = page.locator("#kept tr");
  check("the live page begins with what is there", (await rows.count()) === 1);
  await arrive("second.log", 10);
  await page.waitForFunction(() => document.querySelectorAll("#kept tr").length === 2, null, { timeout: 20000 });
  check("a Log that comes in is shown", (await page.locator("#kept tr.fresh").count()) === 1);
  await page.click("#pause");
  await arrive("third.log", 20);
  // Twice as long as the page waits between two looks.
  await page.waitForTimeout(4500);
  check("a paused page holds rows back", (await rows.count()) === 2);
  await page.click("#pause");
  await page.waitForFunction(() => document.querySelectorAll("#kept tr").length === 3, null, { timeout: 20000 });
  check("and shows them when it goes on", true);
  for (const one of [page, sender]) await one.context().close();
}

async function progress(browser, address, who) {
  const page = await signedIn(browser, address, who);
  await send(page, address, "T78", "large.log", log("Large", 40000));
  await page.waitForURL(/\/uploads\//);
  const told = await page.waitForFunction(() => {
    const n = (id) => Number(document.getElementById(id)?.textContent ?? 0);
    return n("percent") > 0 && n("percent") < 100 && n("bytes") > 0 && n("logs") > 0 ? { percent: n("percent"), bar: document.getElementById("bar").value } : false;
  }, null, { timeout: 60000, polling: 50 });
  const { percent, bar } = await told.jsonValue();
  check("an upload tells per cent, bytes and records while it is read", percent === bar, `${percent} ${bar}`);
  await page.waitForURL(/\/files\//, { timeout: 180000 });
  check("and ends at its result", (await page.locator(".figure b").first().textContent()).replace(/\D/g, "") === "40000");
  await page.context().close();
}

export async function live(browser, { address, people }) {
  await tail(browser, address, people.analyst);
  await progress(browser, address, people.analyst);
}
