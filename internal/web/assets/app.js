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

  // A passkey is asked for between the press of a button and the sending of its form.
  if (window.PublicKeyCredential && PublicKeyCredential.parseCreationOptionsFromJSON) {
    for (const form of document.querySelectorAll("form[data-passkey]")) {
      form.hidden = false;
      form.addEventListener("submit", async (e) => {
        e.preventDefault();
        const problem = form.querySelector("[data-problem]");
        problem.textContent = "";
        try {
          const res = await fetch(form.dataset.options, { method: "POST", body: new URLSearchParams(new FormData(form)) });
          const options = await res.json();
          if (!res.ok) throw new Error(options.message);
          const create = form.dataset.passkey === "create";
          const credential = create
            ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey) })
            : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey) });
          form.elements.answer.value = JSON.stringify(credential.toJSON());
          form.submit();
        } catch (err) {
          problem.textContent = err.name === "NotAllowedError" ? "That was cancelled, or took too long. Try again." : err.message;
        }
      });
    }
  } else {
    for (const e of document.querySelectorAll("[data-with-passkeys]")) e.hidden = true;
  }
})();
