// Files in the browser: several and an archive are dropped at once and followed, a file is read again, a file is removed.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { check, signedIn } from "./support.mjs";

/** A tar archive of files, as `tar` writes it. */
function tar(files) {
  const blocks = [];
  for (const [name, text] of files) {
    const body = Buffer.from(text);
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write("0000644\0", 100);
    header.write(body.length.toString(8).padStart(11, "0") + "\0", 124);
    header.write("        ", 148);
    header.write("0ustar\u000000", 156);
    const sum = header.reduce((sum, byte) => sum + byte, 0);
    header.write(sum.toString(8).padStart(6, "0") + "\0 ", 148);
    blocks.push(header, body, Buffer.alloc((512 - (body.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** Drops files on the page, as from the desktop. */
async function drop(page, files) {
  await page.evaluate((files) => {
    const carried = new DataTransfer();
    for (const { name, base64 } of files) {
      carried.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
    }
    document.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
  }, files.map(([name, bytes]) => ({ name, base64: Buffer.from(bytes).toString("base64") })));
}

async function upload(page, address, logFile) {
  const log = readFileSync(logFile);
  // The same Logs in another file: what one of them gave the other gave too.
  const same = Buffer.concat([log[0] === 0x1f ? gunzipSync(log) : log, Buffer.from("\n\n")]);
  const archive = gzipSync(tar([["day/first.log", same], ["<i>readme.txt", "no log at all\n"], ["old.tgz", gzipSync(tar([["deep.log", "x"]]))]]));
  await page.goto(`${address}upload`);
  await page.fill("input[name=new_branch]", "B77");
  await drop(page, [["may.tar.gz", archive], [basename(logFile), log]]);
  check("dropped files are listed before they are sent", (await page.locator("#chosen li").count()) === 2);
  await page.click("main button.primary");
  await page.waitForURL(/\/uploads\//);
  await page.locator(".note[role=status]").waitFor({ timeout: 60000 });
  const rows = page.locator("#files tbody tr");
  check("each file has a row, and each of the archive's", (await rows.count()) === 5, `${await rows.count()}`);
  check("an archive in an archive is refused by name", /may\.tar\.gz\/old\.tgz.*archive itself/s.test(await page.locator("#files").textContent()));
  check("names are text", (await page.locator("#files i").count()) === 0);
  check("the results are linked", (await page.locator("#files a[href^='/files/']").count()) === 3);
  await page.locator("#files a", { hasText: "first.log" }).click();
  await page.waitForURL(/\/files\//);
  check("a file of an archive says where it comes from", (await page.locator("h1").textContent()).includes("may.tar.gz/day/first.log"));
}

async function readAgain(page) {
  const home = page.url().split("?")[0];
  const logs = await page.locator(".figure b").first().textContent();
  await page.click("text=Read the file again");
  check("reading again says first what it would change", /Logs that stay as they are: [1-9]/.test(await page.locator("main").textContent()));
  await page.click("main button.primary");
  await page.waitForURL(home, { timeout: 60000 });
  check("and comes to the same when no rule has changed", (await page.locator(".figure b").first().textContent()) === logs);
  return home;
}

async function remove(page, address, home) {
  await page.click("text=Remove the file");
  const told = await page.locator("main li").allTextContents();
  // Reading it again gave its Logs to the file that has them too: nothing goes with it.
  check("removing says what goes and what stays", told.length === 5 && told.slice(0, 3).every((line) => /: 0$/.test(line)), told.join(" | "));
  await page.click("main button.primary");
  await page.waitForURL(`${address}files`);
  check("and the file is gone", (await page.request.get(home)).status() === 404);
}

export async function files(browser, { address, people, logFile }) {
  const page = await signedIn(browser, address, people.analyst);
  await upload(page, address, logFile);
  const home = await readAgain(page);
  await remove(page, address, home);
  await page.context().close();
}
