// Shows how much of the files has been sent; files may be dropped on the form. Without this script the form is sent as it is.
const form = document.getElementById("upload-form");

function tell(problem) {
  document.getElementById("sending").hidden = true;
  form.hidden = false;
  const place = document.getElementById("problem");
  place.textContent = problem;
  place.hidden = false;
}

const drop = document.getElementById("drop");
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault();
    drop.classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  drop.classList.remove("over");
  if (!event.dataTransfer?.files.length) return;
  event.preventDefault();
  form.elements.file.files = event.dataTransfer.files;
  list();
});

/** Shows what is about to be sent. */
function list() {
  const chosen = document.getElementById("chosen");
  const files = [...form.elements.file.files];
  chosen.replaceChildren(...files.map((file) => {
    const item = document.createElement("li");
    item.textContent = `${file.name} · ${file.size.toLocaleString()} B`;
    return item;
  }));
  chosen.hidden = files.length === 0;
}
form.elements.file.addEventListener("change", list);

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const size = [...form.elements.file.files].reduce((sum, file) => sum + file.size, 0);
  if (size > Number(form.dataset.limit)) {
    tell(form.dataset.large);
    return;
  }
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", (sent) => {
    const percent = sent.lengthComputable ? Math.floor((sent.loaded * 100) / sent.total) : 0;
    document.getElementById("bar").value = percent;
    document.getElementById("percent").textContent = percent;
  });
  request.addEventListener("load", () => {
    if (request.status < 400) {
      location.assign(request.responseURL);
      return;
    }
    const answer = new DOMParser().parseFromString(request.responseText, "text/html");
    const parts = [answer.querySelector("h1"), answer.querySelector(".problem")];
    tell(parts.map((part) => part?.textContent).filter(Boolean).join(": ") || form.dataset.broken);
  });
  request.addEventListener("error", () => tell(form.dataset.broken));
  request.open("POST", form.action);
  request.send(new FormData(form));
  document.getElementById("problem").hidden = true;
  document.getElementById("sending").hidden = false;
  form.hidden = true;
});
