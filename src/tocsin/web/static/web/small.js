// Small comforts. Whatever they offer can be had without them: what is copied can be selected, what is chosen can be sent.
(() => {
  "use strict";

  const SAID = 1_600; // how long a button says what it did

  // --- copying ---------------------------------------------------------------------------------------------------------

  // <button data-copy="id">: the text of that element; it says "Copied" to everybody, readers of the screen included.
  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    if (!source) return;
    const word = button.querySelector("[data-copy-word]");
    const was = word.textContent;
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      word.textContent = "Copied";
    } catch { // not over https, or not allowed: what is marked is copied by one key
      getSelection().selectAllChildren(source);
      word.textContent = "Marked";
    }
    setTimeout(() => { word.textContent = was; }, SAID);
  }

  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });

  // --- choosing several ------------------------------------------------------------------------------------------------

  // <form data-bulk>: its bar says how many are chosen; <input data-bulk-all> chooses all of them.
  function count(form) {
    const boxes = [...form.querySelectorAll("input[type=checkbox]:not([data-bulk-all])")];
    const chosen = boxes.filter((box) => box.checked).length;
    const all = form.querySelector("[data-bulk-all]");
    if (all) { all.checked = chosen > 0 && chosen === boxes.length; all.indeterminate = chosen > 0 && chosen < boxes.length; }
    const word = form.querySelector("[data-bulk-count]");
    if (word) word.textContent = chosen ? `${chosen} chosen` : "";
    form.toggleAttribute("data-chosen", chosen > 0);
  }

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-bulk]");
    if (!form) return;
    if (event.target.matches("[data-bulk-all]"))
      for (const box of form.querySelectorAll("input[type=checkbox]")) box.checked = event.target.checked;
    count(form);
  });
  for (const form of document.querySelectorAll("form[data-bulk]")) count(form);
  for (const all of document.querySelectorAll("[data-bulk-all]")) (all.closest("label") || all).hidden = false;

  // --- where one is --------------------------------------------------------------------------------------------------------

  const tab = document.querySelector(".tabs [aria-current]");
  const strip = tab && tab.closest(".tabs");
  if (strip && strip.scrollWidth > strip.clientWidth) strip.scrollLeft = tab.offsetLeft - strip.clientWidth / 2;

  // --- finding ---------------------------------------------------------------------------------------------------------

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const find = document.getElementById("find");
    if (find && find.offsetParent) { event.preventDefault(); find.focus(); }
  });
})();
