// Keys for pages with lists, most of them for those of unknown errors. Every one of them presses, opens or focuses what is on the page;
// nothing needs this script. Whoever turned single keys off keeps those with Ctrl, and Escape.
const rows = [...document.querySelectorAll("[data-row]")];
const help = document.getElementById("keys");
const hint = document.querySelector("[data-keys]");
const picked = document.querySelector("[data-picked]");
const all = document.querySelector("[data-all]");
const off = help?.hasAttribute("data-off");
let at = -1;

const isField = (element) => element.matches?.("input:not([type=checkbox]):not([type=radio]), select, textarea");

function go(to) {
  if (rows.length === 0) return;
  rows[at]?.classList.remove("at");
  at = Math.max(0, Math.min(rows.length - 1, to));
  rows[at].classList.add("at");
  // The focus goes along: Enter opens, and a screen reader reads the row.
  rows[at].querySelector("[data-open]")?.focus({ preventScroll: true });
  rows[at].scrollIntoView({ block: "nearest" });
}

const boxes = () => rows.map((row) => row.querySelector("input[type=checkbox]")).filter(Boolean);

function count() {
  if (!picked) return;
  picked.dataset.said ??= picked.textContent;
  const n = boxes().filter((box) => box.checked).length;
  if (all) all.textContent = n > 0 && n === boxes().length ? all.dataset.none : all.dataset.all;
  picked.textContent = n > 0 ? `${picked.dataset.said}: ${n}` : picked.dataset.said;
}

/** Selects every row of the page, or none where each is. */
function pickAll(event) {
  event.preventDefault();
  const wanted = boxes().some((box) => !box.checked);
  for (const box of boxes()) box.checked = wanted;
  count();
}

function pick() {
  const box = rows[at]?.querySelector("input[type=checkbox]");
  if (!box) return;
  box.checked = !box.checked;
  count();
}

/** Presses a button or link, opens a menu, focuses a field. */
function act(element) {
  if (isField(element) || element.hasAttribute("tabindex")) {
    element.scrollIntoView({ block: "nearest" });
    element.focus();
  } else if (element.matches("summary")) {
    element.click();
    const first = element.parentElement.open ? element.parentElement.querySelector("input:not([type=hidden])") : element;
    first?.focus();
  } else {
    element.click();
  }
}

const keys = {
  "?": () => help?.showModal(),
  j: () => go(at + 1),
  k: () => go(at - 1),
  x: pick,
};

document.addEventListener("keydown", (event) => {
  const field = isField(event.target);
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.form;
    if (form) {
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  if (event.key === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
    const search = document.querySelector('[data-key="/"]');
    if (search) {
      event.preventDefault();
      act(search);
    }
    return;
  }
  if (event.key === "Escape" && !help?.open) {
    const menu = event.target.closest?.("details[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (field) {
      event.target.blur();
    } else {
      rows[at]?.classList.remove("at");
    }
    return;
  }
  if (off || field || event.ctrlKey || event.metaKey || event.altKey || help?.open) return;
  const element = keys[event.key] ? null : document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!keys[event.key] && !element) return;
  event.preventDefault();
  if (element) act(element);
  else keys[event.key]();
});

document.addEventListener("change", count);
all?.addEventListener("click", pickAll);
count();
// What is written beside a choice is that choice.
document.addEventListener("input", (event) => {
  const choice = event.target.closest("label.check")?.querySelector("input[type=radio]");
  if (choice && choice !== event.target && event.target.value) choice.checked = true;
});
// A tooltip of a variable goes with Escape, as others do; a click on a variable opens its values.
for (const link of document.querySelectorAll("a.var")) {
  link.addEventListener("click", () => {
    const values = document.querySelector(link.getAttribute("href"));
    if (values) values.open = true;
  });
}
if (hint) {
  hint.hidden = false;
  hint.addEventListener("click", keys["?"]);
}
rows.forEach((row, index) => row.addEventListener("focusin", () => { at = index; }));
