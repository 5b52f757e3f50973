// Copy a text with one tap. Without this script the buttons stay hidden, and one tap selects the whole text.
"use strict";
document.documentElement.classList.add("copies");
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copies]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copies);
  const told = button.nextElementSibling;
  try {
    await navigator.clipboard.writeText(source.textContent);
    told.textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(source);
    told.textContent = document.execCommand("copy") ? "Copied." : "Selected: now choose Copy.";
  }
});
