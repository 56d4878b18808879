// Follows the newest Logs: asks every two seconds, adds the rows that are new at the top, keeps 500. It rests while it is paused or the
// page is hidden, and ends with the session.
const tail = document.getElementById("tail");
const told = document.getElementById("tail-state");
const pause = document.getElementById("pause");
const kept = document.getElementById("kept");
let paused = false;
let ended = false;

function tell() {
  told.textContent = paused ? tail.dataset.paused : tail.dataset.running;
  pause.textContent = paused ? tail.dataset.go : tail.dataset.pause;
}

function add(rows) {
  const fresh = rows.filter((row) => !document.getElementById(row.id));
  if (fresh.length > 0 && fresh.length === rows.length && kept.rows.length > 0) {
    const gap = kept.insertRow(0);
    const cell = gap.insertCell();
    cell.colSpan = 99;
    cell.className = "muted";
    cell.textContent = tail.dataset.skipped;
  }
  kept.prepend(...fresh);
  for (const row of fresh) row.classList.add("fresh");
  while (kept.rows.length > 500) kept.deleteRow(-1);
}

async function look() {
  if (!paused && !document.hidden) {
    const answer = await fetch(tail.dataset.address, { cache: "no-store" }).catch(() => null);
    if (answer?.redirected || answer?.status === 401 || answer?.status === 403) {
      ended = true;
      pause.hidden = true;
      told.textContent = tail.dataset.ended;
      return;
    }
    if (answer?.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!paused) {
        add([...page.querySelectorAll("#fresh tr")]);
        tell();
      }
    } else {
      told.textContent = tail.dataset.failed;
    }
  }
  setTimeout(look, 2000);
}

pause.addEventListener("click", () => {
  paused = !paused;
  if (!ended) tell();
});
pause.hidden = false;
tell();
setTimeout(look, 2000);
