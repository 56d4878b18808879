// Shows how far an upload is, each of its files and those of archives too; when it is done, the page goes on to the result.
const upload = document.getElementById("upload");
const address = upload.dataset.address;

let fetched = 0;
let told = 0;

/** Fetches rows and errors anew when an archive has brought more files, or the files more errors. */
async function renew(state) {
  const table = document.getElementById("files");
  const hasRows = table.tBodies[0].rows.length < state.rows;
  const hasErrors = state.errors > told && Date.now() - fetched > 2000;
  if (!hasRows && !hasErrors) return;
  [fetched, told] = [Date.now(), state.errors];
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [rows, found] = [page.querySelector("#files tbody"), page.getElementById("found")];
  if (rows) table.tBodies[0].replaceWith(rows);
  if (found) document.getElementById("found").replaceWith(found);
  table.hidden = table.hidden && state.rows < 2;
}

async function poll() {
  try {
    const answer = await fetch(address + "/progress", { cache: "no-store" });
    if (answer.status === 404) {
      // The server was started anew and forgot this upload: its page says so.
      location.reload();
      return;
    }
    if (answer.ok) {
      const state = await answer.json();
      document.getElementById("bar").value = state.percent;
      for (const name of ["percent", "bytes", "logs", "errors"]) {
        document.getElementById(name).textContent = state[name];
      }
      await renew(state);
      const rows = document.querySelectorAll("#files tr[data-file]");
      state.files.forEach((file, index) => {
        for (const cell of rows[index]?.querySelectorAll("[data-part]") ?? []) cell.textContent = file[cell.dataset.part];
      });
      if (state.done) {
        location.replace(address);
        return;
      }
    }
  } catch {
    // The server may be restarting: the next attempt tells.
  }
  setTimeout(poll, 300);
}

poll();
