// Follows the choices on the posting screen at once. The server checks them again.
(() => {
  const form = document.getElementById("posting");
  if (!form || !form.dataset.neither) return;
  const part = (id) => document.getElementById(id);
  const discloses = part("discloses"), brand = part("your-brand"), branded = part("branded");
  const privacy = part("privacy"), post = part("post"), note = part("private-note");
  const own = privacy.querySelector('option[value="only_me"]');
  const follow = () => {
    const on = discloses.checked;
    brand.disabled = branded.disabled = !on;
    if (!on) brand.checked = branded.checked = false;
    const neither = on && !brand.checked && !branded.checked;
    if (own) { own.disabled = branded.checked; own.title = branded.checked ? form.dataset.private : ""; }
    note.hidden = !branded.checked;
    if (branded.checked && privacy.value === "only_me") privacy.value = "";
    if (post) { post.disabled = neither; post.title = neither ? form.dataset.neither : ""; }
  };
  form.addEventListener("change", follow);
  follow();
})();
