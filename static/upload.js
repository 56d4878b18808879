// Shows how much of a file has been sent. Without this script the form is sent as it is.
const form = document.getElementById("upload-form");

function tell(problem) {
  document.getElementById("sending").hidden = true;
  form.hidden = false;
  const place = document.getElementById("problem");
  place.textContent = problem;
  place.hidden = false;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const file = form.elements.file.files[0];
  if (file && file.size > Number(form.dataset.limit)) {
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
