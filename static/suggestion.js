// Shows a draft while it is written. Without this script the page says how far it is and can be loaded again.
const drafts = document.getElementById("suggestion");

function show(live, state) {
  live.querySelector("[data-says]").textContent = state.says;
  live.querySelector("[data-cause]").textContent = state.cause;
  const steps = live.querySelector("[data-steps]");
  while (steps.children.length > state.steps.length) steps.lastChild.remove();
  state.steps.forEach((text, index) => {
    const step = steps.children[index] ?? steps.appendChild(document.createElement("li"));
    step.textContent = text;
  });
}

async function redraw() {
  const answer = await fetch(drafts.dataset.fragment, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok || answer.redirected) return location.reload();
  drafts.innerHTML = await answer.text();
  follow();
}

function follow() {
  const live = drafts.querySelector("[data-stream]");
  if (!live) return;
  const source = new EventSource(live.dataset.stream);
  source.addEventListener("state", (event) => show(live, JSON.parse(event.data)));
  source.addEventListener("end", () => {
    source.close();
    redraw();
  });
  addEventListener("pagehide", () => source.close(), { once: true });
}

if (drafts) follow();
