// The form for a role: numbers follow the checkboxes, and a group is chosen with one click.
(() => {
  "use strict";

  const boxes = (group) => [...group.querySelectorAll("[name=permission]:not(:disabled)")];
  const count = (group) => {
    group.querySelector("[data-have]").textContent = group.querySelectorAll("[name=permission]:checked").length;
    const button = group.querySelector("[data-group]");
    const free = boxes(group);
    button.hidden = free.length < 2;
    button.firstElementChild.textContent = free.every((b) => b.checked) ? words.none : words.all;
  };
  const all = (root) => {
    for (const group of root.querySelectorAll(".matrix.edit fieldset")) count(group);
  };
  all(document);
  window.addEventListener("pageshow", () => all(document));
  document.addEventListener("htmx:load", (e) => all(e.detail.elt));
  document.addEventListener("change", (e) => {
    if (e.target.matches("[name=permission]")) count(e.target.closest("fieldset"));
  });
  document.addEventListener("click", (e) => {
    const button = e.target.closest("[data-group]");
    if (!button) return;
    const group = button.closest("fieldset");
    const free = boxes(group);
    const to = !free.every((b) => b.checked);
    for (const b of free) b.checked = to;
    count(group);
  });
})();
