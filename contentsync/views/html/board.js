// Keeps a page of the board fresh: at each word of the server it fetches the page again, and changes only what differs.
// So a video goes on, and what was ticked, opened or typed stays.
(() => {
  const live = document.getElementById("live");
  if (!live || !window.EventSource) return;
  let busy = false, again = false;
  const writing = () => {
    const form = document.activeElement && document.activeElement.closest("form");
    return form && Array.from(form.elements).some((one) => one.type !== "hidden" && (one.value !== one.defaultValue || one.checked !== one.defaultChecked) && one.tagName !== "BUTTON");
  };
  const alike = (old, fresh) => old.nodeType === 1 && fresh.nodeType === 1 && old.localName === fresh.localName && old.id === fresh.id;
  // A form or a choice that differs is made anew: what was chosen was about something else.
  const whole = (node) => ["form", "label", "video", "img", "svg"].includes(node.localName);
  const renew = (old, fresh) => {
    for (const one of [...old.attributes]) if (one.name !== "open" && !fresh.hasAttribute(one.name)) old.removeAttribute(one.name);
    for (const one of fresh.attributes) if (old.getAttribute(one.name) !== one.value) old.setAttribute(one.name, one.value);
    const named = new Map([...old.children].filter((one) => one.id).map((one) => [one.id, one]));
    let at = old.firstChild;
    for (const node of [...fresh.childNodes]) {
      let known = node.id ? named.get(node.id) : at && !at.id ? at : null;
      if (known && known.parentNode !== old) known = null;
      if (known && known === at) at = at.nextSibling;
      else old.insertBefore(known || node, at);
      if (!known || known.isEqualNode(node)) continue;
      if (alike(known, node) && !whole(node)) renew(known, node);
      else known.replaceWith(node);
    }
    while (at) { const next = at.nextSibling; at.remove(); at = next; }
  };
  const refresh = async () => {
    if (busy) { again = true; return; }
    busy = true;
    const begun = Date.now();
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
      if (fresh && !writing()) {
        const focused = document.activeElement && document.activeElement.id;
        const line = fresh.querySelector("#live");
        if (line) line.replaceWith(live.cloneNode(true));
        renew(document.getElementById("main"), fresh);
        if (focused && !document.activeElement.id) { const one = document.getElementById(focused); if (one) one.focus(); }
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
