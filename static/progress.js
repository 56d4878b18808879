// Shows how far an upload is, each of its files too; when it is done, the page goes on to the result.
const upload = document.getElementById("upload");
const address = upload.dataset.address;

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
      for (const name of ["percent", "logs", "errors"]) {
        document.getElementById(name).textContent = state[name];
      }
      const rows = document.querySelectorAll("#files tbody tr");
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
