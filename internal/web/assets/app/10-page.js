// Progressive enhancement: every page also works without this script. The server defines words, its texts in the language of the page.
(() => {
  "use strict";

  // On a narrow screen the menu opens and closes; without the script, links do that.
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

  for (const k of document.querySelectorAll(".seek kbd")) k.hidden = false;

  // Escape closes open menus and returns the focus to the element that opened them.
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    for (const d of document.querySelectorAll("details.switch[open], details.more[open]")) {
      d.open = false;
      d.querySelector("summary").focus();
    }
    if (side?.classList.contains("open")) {
      menu.click();
      menu.focus();
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

  // A copy button copies the text of the element that its data-copy attribute names.
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
    label.textContent = words.copied;
    setTimeout(() => (label.textContent = before), 2000);
  });

  // A form is submitted once, however often its button is pressed while waiting for the response.
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (e.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) e.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // A field that was changed sends its request when it loses the focus, often because something else is being clicked. The response would
  // move what is being clicked, so that the click would miss it: the request waits until the mouse button is released.
  let waiting = null; // requests, while something is being clicked
  const release = () => {
    for (const send of waiting ?? []) setTimeout(send);
    waiting = null;
  };
  window.addEventListener("pointerdown", (e) => {
    release();
    if (e.target.closest("a, button, input, label, summary")) waiting = [];
  }, true);
  window.addEventListener("pointerup", release, true);
  window.addEventListener("pointercancel", release, true);
  window.addEventListener("blur", release);
  document.addEventListener("htmx:confirm", (e) => {
    if (!waiting) return;
    e.preventDefault();
    waiting.push(() => e.detail.issueRequest());
  });

  // If a partial request fails, load the whole page, which shows the error or the sign-in page.
  document.addEventListener("htmx:responseError", (e) => location.assign(e.detail.pathInfo.finalRequestPath));
  document.addEventListener("htmx:sendError", () => {
    const results = document.querySelector("#results");
    if (!results || document.querySelector("#offline")) return;
    const p = document.createElement("p");
    p.id = "offline";
    p.className = "wrong";
    p.setAttribute("role", "alert");
    p.textContent = words.searchUnreachable;
    results.prepend(p);
  });

  // Passkeys: the options come from the server, and the result goes into a field of the form.
  // Bytes are transferred as base64url; older browsers do not convert them by themselves.
  const canAsk = window.PublicKeyCredential && navigator.credentials;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => buffer && btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  const known = (list) => list?.map((c) => ({ ...c, id: bytes(c.id) }));
  const question = (o) => ({
    ...o,
    challenge: bytes(o.challenge),
    ...(o.user && { user: { ...o.user, id: bytes(o.user.id) } }),
    ...(o.allowCredentials && { allowCredentials: known(o.allowCredentials) }),
    ...(o.excludeCredentials && { excludeCredentials: known(o.excludeCredentials) }),
  });
  const answer = (c) => ({
    id: c.id,
    rawId: text(c.rawId),
    type: c.type,
    authenticatorAttachment: c.authenticatorAttachment ?? undefined,
    clientExtensionResults: c.getClientExtensionResults(),
    response: {
      clientDataJSON: text(c.response.clientDataJSON),
      attestationObject: text(c.response.attestationObject),
      authenticatorData: text(c.response.authenticatorData),
      signature: text(c.response.signature),
      userHandle: text(c.response.userHandle) ?? undefined,
      transports: c.response.getTransports?.(),
    },
  });
  const ask = async (form, address, create, more) => {
    const res = await fetch(address, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (res.redirected) {
      location.reload(); // signed out in the meantime: the reload redirects to the sign-in page
      return new Promise(() => {});
    }
    const options = await res.json().catch(() => ({ message: words.wrong }));
    if (!options.publicKey) throw new Error(options.message);
    const request = { publicKey: question(options.publicKey), ...more };
    return JSON.stringify(answer(create ? await navigator.credentials.create(request) : await navigator.credentials.get(request)));
  };
  const told = (err) =>
    ({
      NotAllowedError: words.cancelled,
      InvalidStateError: words.alreadyKnown,
      SecurityError: words.otherURL,
      TypeError: words.unreachable,
    })[err.name] ?? err.message;

  if (canAsk) {
    let waiting; // the browser allows one passkey request at a time
    for (const form of document.querySelectorAll("form[data-passkey]")) {
      const problem = form.querySelector("[data-problem]");
      form.hidden = false;
      form.addEventListener("submit", async (e) => {
        e.preventDefault();
        waiting?.abort();
        problem.textContent = "";
        try {
          form.elements.answer.value = await ask(form, form.dataset.options, form.dataset.passkey === "create");
          form.submit();
        } catch (err) {
          problem.textContent = told(err);
        }
      });
      // Browsers that can suggest passkeys in the email field do so from the start.
      if (!("offers" in form.dataset)) continue;
      PublicKeyCredential.isConditionalMediationAvailable?.().then(async (can) => {
        if (!can) return;
        waiting = new AbortController();
        try {
          form.elements.answer.value = await ask(form, form.dataset.options, false, { mediation: "conditional", signal: waiting.signal });
          form.submit();
        } catch (err) {
          if (err.name !== "AbortError") problem.textContent = told(err);
        }
      });
    }

    // Where a form asks for the password again, a passkey can be used instead.
    for (const part of document.querySelectorAll("[data-confirm]")) {
      const form = part.closest("form");
      const button = part.querySelector("button");
      const problem = part.querySelector("[data-problem]");
      part.hidden = false;
      button.addEventListener("click", async () => {
        problem.textContent = "";
        try {
          part.querySelector("[name=proof]").value = await ask(form, part.dataset.confirm, false);
          const password = form.elements.current_password;
          if (password) {
            password.value = "";
            password.required = false;
            password.closest(".field").hidden = true;
          }
          button.hidden = true;
          part.querySelector("[data-done]").textContent = words.confirmed;
        } catch (err) {
          problem.textContent = told(err);
        }
      });
    }
  } else {
    for (const e of document.querySelectorAll("[data-with-passkeys]")) e.hidden = true;
  }
})();
