// Lists to work in: selected rows, and parts of other pages that open within the list.
(() => {
  "use strict";

  const rows = () => [...document.querySelectorAll("tbody [name=member]")];
  const count = () => {
    const all = rows();
    const picked = all.filter((c) => c.checked).length;
    const every = document.querySelector("[data-all]");
    if (every) {
      every.hidden = false;
      every.checked = picked > 0 && picked === all.length;
      every.indeterminate = picked > 0 && picked < all.length;
    }
    const label = document.querySelector(".picked");
    if (label) label.textContent = picked ? words.selected.replace("{n}", picked) : "";
  };
  count();
  document.addEventListener("htmx:load", count);
  window.addEventListener("pageshow", count);
  document.addEventListener("reset", () => setTimeout(count));
  let last; // the row that was clicked before: with Shift, all rows between are selected
  document.addEventListener("click", (e) => {
    const box = e.target.closest("tbody [name=member]");
    if (!box) return;
    const all = rows();
    if (e.shiftKey && last?.isConnected) {
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
      for (const c of all.slice(from, to + 1)) c.checked = box.checked;
    }
    last = box;
    count();
  });
  document.addEventListener("change", (e) => {
    if (e.target.matches("[data-all]")) for (const c of rows()) c.checked = e.target.checked;
    if (e.target.matches("[data-all], [name=member]")) count();
  });

  // A link with data-pop shows that part of the linked page beside itself. Without the script it leads to the page.
  let opened, opener;
  const close = (refocus) => {
    if (!opened) return;
    opened.remove();
    opener.removeAttribute("aria-expanded");
    if (refocus) opener.focus();
    opened = opener = undefined;
  };
  const show = async (link) => {
    close();
    opener = link;
    link.setAttribute("aria-expanded", "true");
    const res = await fetch(link.href).catch(() => undefined);
    const page = res?.ok && !res.redirected && new DOMParser().parseFromString(await res.text(), "text/html");
    const part = page && page.querySelector(link.dataset.pop);
    if (opener !== link) return;
    if (!part) return location.assign(link.href);
    opened = document.createElement("div");
    opened.className = "pop here";
    opened.append(document.importNode(part, true));
    // Not inside the form of the list: a form cannot contain another one.
    document.querySelector("#content").append(opened);
    const at = link.getBoundingClientRect();
    const within = document.querySelector("#content").getBoundingClientRect();
    const left = Math.min(at.left, document.documentElement.clientWidth - opened.offsetWidth - 8);
    const below = at.bottom + 4 + opened.offsetHeight < innerHeight || at.top < opened.offsetHeight;
    opened.style.left = `${Math.max(left, 8) - within.left}px`;
    opened.style.top = `${(below ? at.bottom + 4 : at.top - opened.offsetHeight - 4) - within.top}px`;
    opened.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true, detail: { elt: opened } }));
    opened.querySelector("select, a, button:not([hidden])")?.focus();
  };
  document.addEventListener("click", (e) => {
    const link = e.target.closest("[data-pop]");
    if (link && !e.ctrlKey && !e.metaKey && !e.shiftKey) {
      e.preventDefault();
      if (link === opener) close(true);
      else show(link);
    } else if (opened && !opened.contains(e.target)) close();
  });
  document.addEventListener("keydown", (e) => {
    if (!opened) return;
    if (e.key === "Escape") {
      e.stopImmediatePropagation();
      close(true);
    } else if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      if (e.target.matches("select, input")) return;
      const items = [...opened.querySelectorAll("a, button:not([hidden])")];
      const next = items.indexOf(document.activeElement) + (e.key === "ArrowDown" ? 1 : -1);
      items.at(next % items.length)?.focus();
      e.preventDefault();
    }
  }, true);
})();
