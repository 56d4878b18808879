// One error on its whole way: unknown, tried on history, approved, known, fixed, and seen again.
import { check, signedIn } from "./support.mjs";

const MESSAGE = "Stamp machine ran dry at the counter";

function log(day, n) {
  const exchange = (index) => {
    const at = `5/${day}/2016 9:0${index}:00 AM`;
    const id = `dry-${day}-${index}`;
    return `=> Stamps at ${at}: from 10.0.0.9;\nInput = {"method":"Stamp","sessionid":"s9","message_id":"${id}"}\n<= Stamps at ${at}: to 10.0.0.9\nOutput = {"status":"ERROR","error":"${MESSAGE}","message_id":"${id}"}\n`;
  };
  return Array.from({ length: n }, (_, index) => exchange(index)).join("");
}

async function ingest(page, address, name, text, isNew) {
  await page.goto(`${address}upload`);
  if (isNew) await page.fill("input[name=new_branch]", "B55");
  else await page.selectOption("select[name=branch]", "B55");
  await page.setInputFiles("input[name=file]", { name, mimeType: "text/plain", buffer: Buffer.from(text) });
  await page.click("main button.primary");
  await page.waitForURL(/\/files\//, { timeout: 60000 });
}

export async function oneError(browser, { address, people }) {
  const page = await signedIn(browser, address, people.analyst);
  await ingest(page, address, "may-20.log", log(20, 2), true);
  await page.locator("a", { hasText: "Stamp machine" }).first().click();
  await page.waitForURL(/\/errors\//);
  const group = page.url();
  check("a new error is unknown", (await page.locator("main .tag").first().textContent()) === "unknown");
  check("its exchanges stand side by side", (await page.locator("#examples details[open] pre.json").count()) === 2);
  check("key words are proposed", (await page.locator("input[name=keyword]").count()) > 0);
  await page.locator("input[name=keyword]").first().check();
  await page.selectOption("select[name=status]", { index: 1 });
  await page.fill("textarea[name=answers]", "Fill the stamp machine.");
  await page.click("text=What would it catch?");
  check("its preview counts it", /2 errors that nobody knew/.test(await page.locator("#preview").textContent()));
  check("what was taken stays taken", await page.locator("input[name=keyword]").first().isChecked());
  await page.click("#explain button.primary");
  await page.waitForURL(/\/known\//);
  const known = page.url().split("?")[0];
  check("approved, it is known", /2/.test(await page.locator(".note").first().textContent()));
  await page.goto(group);
  check("and its group says so", (await page.locator("main .tag").first().textContent()) === "known");
  await page.goto(known);
  await page.locator("summary", { hasText: "ixed" }).click();
  await page.fill("input[name=fixed_at]", "2016-05-21T00:00");
  await page.click("button[value=fixed]");
  await page.waitForURL((url) => url.pathname.startsWith("/known/"));
  check("it is fixed", (await page.locator("h1 .tag").first().textContent()) === "fixed" && (await page.locator("h1 .regressed").count()) === 0);
  await ingest(page, address, "may-22.log", log(22, 1), false);
  check("the file's page answers it", (await page.locator(".offered .answer").first().textContent()) === "Fill the stamp machine.");
  await page.goto(known);
  check("seen after that, it came again", (await page.locator("h1 .regressed").count()) === 1);
  await page.goto(address);
  const again = page.locator(".needs div", { has: page.locator("a[href='/known?state=regressed']") }).last();
  check("and the first page says so", (await again.locator("td a").count()) > 0);
  await again.locator("h3 a").click();
  check("with all of them a click away", (await page.locator("tbody tr .regressed").count()) > 0);
  await page.context().close();
}
