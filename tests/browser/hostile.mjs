// Hostile text in a log, in what an analyst writes and in names: shown on every page, run on none.
import { readFileSync } from "node:fs";
import { check, filtered, signedIn } from "./support.mjs";

const NAME = `"><img src=x onerror=alert(20)>.log`;

async function inert(page, where) {
  const found = await page.evaluate(() => {
    const outside = [...document.querySelectorAll("script, img, svg, iframe, object, a, [onerror], [onload], [onclick]")].filter((element) => {
      const address = element.getAttribute("src") ?? element.getAttribute("href") ?? "/";
      const handlers = element.getAttributeNames().some((name) => name.startsWith("on"));
      return handlers || !/^[/#]/.test(address);
    });
    return outside.map((element) => element.outerHTML.slice(0, 100));
  });
  check(`hostile text is inert ${where}`, found.length === 0, found.join(" "));
}

async function explain(page, address) {
  await page.goto(`${address}errors`);
  await inert(page, "on the list of errors");
  await page.locator("tbody a", { hasText: "lost its pen" }).click();
  await inert(page, "on a group");
  check("a text that closes its field stays in it", (await page.inputValue("textarea[name=text]")).includes("</textarea><script>alert(13)"));
  await page.fill("input[name=title]", "<script>alert(25)</script>");
  await page.locator("details:has(input[name=new_code]) > summary").click();
  await page.fill("input[name=new_code]", "9");
  await page.fill("input[name=new_title]", "</option><script>alert(21)</script>");
  await page.fill("input[name=keywords]", `"><script>alert(26)</script>`);
  await page.fill("textarea[name=answers]", `<a href="javascript:alert(27)">here</a>`);
  await page.click("main button.primary");
  await page.waitForURL(/\/known\//);
  await inert(page, "on a known error");
  check("an answer is text", (await page.locator(".answers li").textContent()).includes("javascript:alert(27)"));
}

export async function hostileText(browser, { address, people, hostileFile }) {
  const page = await signedIn(browser, address, people.analyst);
  await page.goto(`${address}upload`);
  await page.fill("input[name=new_branch]", "H66");
  await page.setInputFiles("input[name=file]", { name: NAME, mimeType: "text/plain", buffer: readFileSync(hostileFile) });
  await page.click("main button.primary");
  await page.waitForURL(/\/files\//, { timeout: 60000 });
  check("the name of a file is text", (await page.locator("h1").textContent()).includes("<img src=x"));
  await inert(page, "on a file");
  await explain(page, address);
  await page.goto(address + filtered('error.message contains "<script>alert(8)</script>"'));
  await inert(page, "in a filter");
  await page.fill("input[name=name]", `"><script>alert(30)</script>`);
  await page.click("form.row button");
  await page.locator(".saved li").waitFor();
  await inert(page, "in the name of a saved filter");
  await page.locator("#rows tbody a").first().click();
  await inert(page, "on a Log");
  const shown = await page.locator("main").textContent();
  for (const text of ["<script>alert(8)</script>", "{{7*7}}", "javascript:alert(4)", "⟨U+202E⟩egassem⟨U+0000⟩end", "turn\\u202eeman"]) {
    check(`a Log shows ${text}`, shown.includes(text));
  }
  for (const value of await page.locator("pre.json a").evaluateAll((links) => links.map((link) => link.href))) {
    await page.goto(value);
    await inert(page, `where ${value} leads`);
  }
  for (const path of ["", "files", "errors?state=known", "known", "known?search=%22%3E%3Cscript%3Ealert(31)%3C/script%3E", "statuses", "logs", "upload"]) {
    await page.goto(address + path);
    await inert(page, `at /${path}`);
  }
}
