// What the pages do a little better with a script. Without it everything works as well.
(() => {
  "use strict";

  // On a narrow screen the menu opens and closes; without a script it is always open.
  const menu = document.querySelector(".menu");
  const side = document.querySelector(".side");
  if (menu && side) {
    menu.hidden = false;
    side.classList.add("folds");
    menu.addEventListener("click", () => {
      const open = side.classList.toggle("open");
      menu.setAttribute("aria-expanded", String(open));
    });
  }

  // Escape closes what is open, and gives the focus back to what opened it.
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    for (const d of document.querySelectorAll("details.switch[open], details.more[open]")) {
      d.open = false;
      d.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (e) => {
    for (const d of document.querySelectorAll("details.switch[open], details.more[open]")) {
      if (!d.contains(e.target)) d.open = false;
    }
  });

  const ready = (root) => {
    for (const b of root.querySelectorAll("[data-copy]")) b.hidden = false;
    for (const b of root.querySelectorAll("[data-without-script]")) b.hidden = true;
  };
  ready(document);
  document.addEventListener("htmx:load", (e) => ready(e.detail.elt));

  // A button copies what the element it names says.
  document.addEventListener("click", async (e) => {
    const b = e.target.closest("[data-copy]");
    if (!b) return;
    const from = document.getElementById(b.dataset.copy);
    const text = "value" in from ? from.value : from.textContent;
    try {
      await navigator.clipboard.writeText(text.trim());
    } catch {
      const range = document.createRange();
      range.selectNodeContents(from);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      document.execCommand("copy");
    }
    const label = b.querySelector("span");
    const before = label.textContent;
    label.textContent = "Copied";
    setTimeout(() => (label.textContent = before), 2000);
  });

  // A box for a whole group checks and unchecks the group.
  document.addEventListener("change", (e) => {
    const all = e.target.closest("[data-all]");
    if (!all) return;
    for (const box of all.closest("fieldset").querySelectorAll("input[type=checkbox]:not([data-all]):not(:disabled)")) {
      box.checked = all.checked;
    }
  });
})();
