// Keeps a page of the board fresh: at each word of the server it fetches the page again and puts its content in place.
(() => {
  const live = document.getElementById("live");
  if (!live || !window.EventSource) return;
  let busy = false, again = false;
  const writing = () => {
    const form = document.activeElement && document.activeElement.closest("form");
    return form && Array.from(form.elements).some((one) => one.type !== "hidden" && (one.value !== one.defaultValue || one.checked !== one.defaultChecked) && one.tagName !== "BUTTON");
  };
  const refresh = async () => {
    if (busy) { again = true; return; }
    busy = true;
    const begun = Date.now();
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
      const main = document.getElementById("main");
      if (fresh && !writing()) {
        const focused = document.activeElement && document.activeElement.id;
        const line = fresh.querySelector("#live");
        if (line) line.remove();
        while (main.firstChild && main.firstChild !== live) main.firstChild.remove();
        live.before(...fresh.childNodes);
        if (focused) { const one = document.getElementById(focused); if (one) one.focus(); }
        live.textContent = "Live. Last change shown at " + new Date().toLocaleTimeString() + ".";
      }
    } catch {
      live.textContent = "The board does not answer. Is contentsync still running?";
    }
    // A page that takes long to make is asked for less often.
    await new Promise((done) => setTimeout(done, Math.min(30000, 9 * (Date.now() - begun))));
    busy = false;
    if (again) { again = false; refresh(); }
  };
  const source = new EventSource(live.dataset.events);
  source.addEventListener("hello", () => { live.textContent = "Live."; });
  source.addEventListener("changed", refresh);
  source.onerror = () => { live.textContent = "The board does not answer. Is contentsync still running?"; };
})();
