// Shows an answer while it is written, and stops it. Without this script the answer comes as a page when it is whole.
const form = document.getElementById("question");
const writing = document.getElementById("writing");
const outcome = document.getElementById("outcome");
let stop = null;

function show(kind, data) {
  if (kind === "state") {
    writing.querySelector("[data-says]").textContent = data.says;
    writing.querySelector("[data-text]").textContent = data.cause;
    return;
  }
  // What the server made of it; where it could not, it says so on a page of its own.
  if (data.html === null) return form.submit();
  outcome.innerHTML = data.html;
}

async function* events(body) {
  const [reader, decoder] = [body.getReader(), new TextDecoder()];
  let text = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    text += decoder.decode(piece.value, { stream: true });
    const whole = text.split("\n\n");
    text = whole.pop();
    for (const event of whole) {
      const [, kind, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
      if (kind) yield [kind, JSON.parse(data)];
    }
  }
}

async function ask(event) {
  event.preventDefault();
  stop?.abort();
  const own = new AbortController();
  stop = own;
  outcome.replaceChildren();
  writing.hidden = false;
  show("state", { says: "…", cause: "" });
  let ended = false;
  try {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.dataset.stream, { method: "POST", body, signal: own.signal });
    if (!answer.headers.get("content-type")?.startsWith("text/event-stream")) return form.submit();
    for await (const [kind, data] of events(answer.body)) {
      show(kind, data);
      ended = kind === "end";
    }
  } catch (error) {
    if (stop !== own) return;
    if (!own.signal.aborted) return form.submit();
  }
  writing.hidden = true;
  if (!ended) outcome.replaceChildren(Object.assign(document.createElement("p"), { className: "note", role: "status", textContent: form.dataset.stopped }));
}

if (form && writing && outcome) {
  form.addEventListener("submit", ask);
  writing.querySelector("[data-stop]").addEventListener("click", () => stop?.abort());
}
