// Shows other times and scopes around an occurrence in place. Without this script the same links load the page anew.
const place = document.getElementById("around");

place?.addEventListener("click", async (event) => {
  const link = event.target.closest("a[href*='near=']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(place.dataset.fragment + new URL(link.href).search);
    if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
    const chosen = [...place.querySelectorAll("a[href*='near=']")].indexOf(link);
    place.innerHTML = await answer.text();
    history.replaceState(null, "", link.href);
    place.querySelectorAll("a[href*='near=']")[chosen]?.focus({ preventScroll: true });
  } catch {
    location.assign(link.href);
  } finally {
    place.removeAttribute("aria-busy");
  }
});
