// Copy a text with one tap. Without this script the text can be selected as a whole by one tap.
"use strict";
for (const button of document.querySelectorAll("button[data-copies]")) {
  const source = document.getElementById(button.dataset.copies);
  const told = button.nextElementSibling;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      told.textContent = "Copied.";
    } catch {
      getSelection().selectAllChildren(source);
      told.textContent = document.execCommand("copy") ? "Copied." : "Selected: now choose Copy.";
    }
  });
}
