// How much each pinned view finds, asked for once the page stands. Without this script the views are links like others.
for (const badge of document.querySelectorAll("[data-count]")) {
  fetch(badge.dataset.count, { cache: "no-store" })
    .then((answer) => (answer.ok ? answer.json() : null))
    .then((count) => { if (count) badge.textContent = count.text; })
    .catch(() => {});
}
