// Shortcuts, the palette, and the reader's time zone.
(() => {
  "use strict";

  // The server renders times in the reader's zone, once it knows it.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes(`raff_zone=${zone};`)) {
    document.cookie = `raff_zone=${zone}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  }
  if (!document.querySelector("body.inside")) return;

  const load = async (address, selector) => {
    const res = await fetch(address);
    if (!res.ok || res.redirected) throw new Error();
    return document.importNode(new DOMParser().parseFromString(await res.text(), "text/html").querySelector(selector), true);
  };
  // A part of another page in a dialog. If it cannot be loaded, the page opens instead.
  const dialog = async (address, selector, label) => {
    if (document.querySelector("dialog[open]")) return;
    try {
      const part = await load(address, selector);
      const d = document.createElement("dialog");
      d.className = "over";
      d.setAttribute("aria-label", label);
      d.append(part);
      document.body.append(d);
      d.addEventListener("close", () => d.remove());
      d.addEventListener("click", (e) => e.target === d && d.close());
      for (const b of d.querySelectorAll("[data-without-script]")) b.hidden = true;
      d.showModal();
      return d;
    } catch {
      location.assign(address);
    }
  };
  const palette = async () => {
    const d = await dialog("/palette", "#palette", words.goTo);
    if (!d) return;
    const field = d.querySelector("input");
    field.focus();
    let latest = 0;
    let wait;
    field.addEventListener("input", () => {
      clearTimeout(wait);
      wait = setTimeout(async () => {
        const mine = ++latest;
        const found = await load(`/palette?q=${encodeURIComponent(field.value)}`, "#palette-found").catch(() => undefined);
        if (found && mine === latest) d.querySelector("#palette-found").replaceWith(found);
      }, 150);
    });
    d.addEventListener("keydown", (e) => {
      const items = [...d.querySelectorAll(".found a")];
      const at = items.indexOf(document.activeElement);
      if (e.key === "ArrowDown" || e.key === "ArrowUp") {
        const to = e.key === "ArrowDown" ? at + 1 : at - 1;
        (to < 0 ? field : items[Math.min(to, items.length - 1)])?.focus();
        e.preventDefault();
      }
    });
    d.querySelector("form").addEventListener("submit", (e) => {
      e.preventDefault();
      d.querySelector(".found a")?.click();
    });
  };
  document.addEventListener("click", (e) => {
    if (!e.target.closest("[data-palette]") || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    palette();
  });

  const rows = () => [...document.querySelectorAll("#content tbody tr")].filter((r) => r.querySelector("th a"));
  const step = (by) => {
    const all = rows();
    const at = all.findIndex((r) => r.contains(document.activeElement));
    const to = all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + by))];
    to?.querySelector("th a").focus();
    to?.scrollIntoView({ block: "nearest" });
  };
  const here = (selector) => rows().find((r) => r.contains(document.activeElement))?.querySelector(selector);
  const single = {
    "/": () => {
      const field = document.querySelector("#content form[role=search] input[type=search]");
      field?.focus();
      field?.select();
    },
    "?": () => dialog("/keyboard", "#shortcuts", words.shortcuts),
    j: () => step(1),
    k: () => step(-1),
    x: () => here("[name=member]")?.click(),
    ".": () => here("[data-pop='#actions']")?.click(),
  };
  document.addEventListener("keydown", (e) => {
    if (e.key.toLowerCase() === "k" && (e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey) {
      e.preventDefault();
      palette();
      return;
    }
    const typing = e.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (typing || e.ctrlKey || e.metaKey || e.altKey || !single[e.key] || document.body.classList.contains("no-keys")) return;
    if (document.querySelector("dialog[open]")) return;
    e.preventDefault();
    single[e.key]();
  });
})();
