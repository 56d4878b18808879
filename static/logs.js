// The pages of Logs while a person writes: builder and text follow each other, counts come in, addresses are copied. Without this script the
// same forms and links work by sending them.
const part = () => document.getElementById("asking");
let latest = 0;

/** Asks the server for the part of the page that says what is wanted, and puts it in the place of the old one. */
async function refresh(query, focus) {
  latest += 1;
  const mine = latest;
  const answer = await fetch(`${part().dataset.address}?${query}`, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok || answer.redirected || mine !== latest) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("asking");
  if (!fresh || mine !== latest) return;
  const builder = document.getElementById("building");
  if (builder?.open) fresh.querySelector("#building").open = true;
  if (focus === "text") {
    // What is being written stays as it is; what follows from it is new.
    const old = part();
    old.querySelector("#filter-problem")?.remove();
    const problem = fresh.querySelector("#filter-problem");
    if (problem) old.querySelector(".search").after(problem);
    old.querySelector("#filter").toggleAttribute("aria-invalid", Boolean(problem));
    old.querySelector("#building").replaceWith(fresh.querySelector("#building"));
  } else {
    const place = [...part().querySelectorAll("#builder input, #builder select")].indexOf(document.activeElement);
    part().replaceWith(fresh);
    const fields = [...part().querySelectorAll("#builder input, #builder select")];
    const empty = fields.findLast((field) => field.name === "p" && !field.value);
    (focus === "new" ? empty : fields[place])?.focus();
  }
}

const sent = (form, button) => {
  const data = new FormData(form, button);
  return new URLSearchParams([...data].map(([name, value]) => [name, String(value)])).toString();
};

document.addEventListener("submit", (event) => {
  if (event.target.id !== "builder" || event.submitter?.name !== "do") return;
  event.preventDefault();
  const grows = ["add", "group"].includes(event.submitter.value);
  refresh(sent(event.target, event.submitter), grows ? "new" : "");
});

let waiting;
document.addEventListener("input", (event) => {
  if (event.target.id === "filter") {
    clearTimeout(waiting);
    waiting = setTimeout(() => refresh(sent(event.target.form), "text"), 250);
  } else if (event.target.id === "find") {
    const wanted = event.target.value.trim().toLowerCase();
    for (const row of document.querySelectorAll(".tree li:not(:has(details))")) {
      row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted) && !row.querySelector("a")?.title.toLowerCase().includes(wanted);
    }
    for (const folder of document.querySelectorAll(".tree details")) {
      const some = folder.querySelector("li:not([hidden]):not(:has(details))");
      folder.parentElement.hidden = !some;
      if (wanted && some) folder.open = true;
    }
  }
});

document.addEventListener("change", (event) => {
  if (event.target.form?.id === "builder") refresh(sent(event.target.form), "");
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a.copied");
  if (!link || !navigator.clipboard) return;
  event.preventDefault();
  await copy(link, link.href).catch(() => location.assign(link.href));
});

/** Puts a text into the clipboard and says so on the button. */
async function copy(button, text) {
  await navigator.clipboard.writeText(text);
  const before = button.textContent;
  button.textContent = button.dataset.done;
  setTimeout(() => { button.textContent = before; }, 1500);
}

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy], [data-copy-from]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const { copy: text, copyFrom } = button.dataset;
      const whole = copyFrom ? JSON.stringify(await (await fetch(copyFrom)).json(), null, 2) : text;
      await copy(button, whole);
    });
  }
}

for (const button of document.querySelectorAll(".browser-zone")) {
  button.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "utc";
  button.hidden = false;
}
