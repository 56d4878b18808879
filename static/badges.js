// How much each pinned view finds, asked for once the page stands, and again for what a menu brings. Without this script the views are links
// like others.
function countAll(within) {
  for (const badge of within.querySelectorAll("[data-count]")) {
    fetch(badge.dataset.count, { cache: "no-store" })
      .then((answer) => (answer.ok ? answer.json() : null))
      .then((count) => { if (count) badge.textContent = count.text; })
      .catch(() => {});
  }
}

countAll(document);

const pinned = document.querySelector("details[data-pins]");
pinned?.addEventListener("toggle", async () => {
  const place = pinned.querySelector("[data-place]");
  if (!pinned.open || !place) return;
  const answer = await fetch(pinned.dataset.pins, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const list = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("pins");
  if (!list) return;
  list.dataset.place = "";
  place.replaceWith(list);
  countAll(list);
});
