// Working through tasks: keys, drafts that keep themselves, evidence that turns without leaving the page.
// Enhancement only: each of these is a link or a button that works without it.
"use strict";

// ---- Parts of the page from the server -----------------------------------------------------------------
// a[data-swap="#viewer"]: its page is fetched and that part of it put in place of ours; the address follows.
(() => {
  let asked = 0;
  const swap = async (link) => {
    const turn = ++asked, what = link.dataset.swap, tool = link.dataset.tool;
    const part = document.querySelector(what);
    part.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(link.href, { cache: "no-store" });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (turn !== asked) return; // another link was followed meanwhile
      const fresh = page.querySelector(what);
      part.replaceWith(fresh);
      history.replaceState(null, "", link.href);
      // The focus stays where it was: on the same tool, or on what has just been chosen.
      const now = (tool && fresh.querySelector(`a[data-tool="${tool}"]`)) ||
        fresh.querySelector("[data-viewer]") || fresh.querySelector('[aria-current="true"]');
      if (now) now.focus({ preventScroll: true });
      // Which document is shown stands in the list, too.
      if (what === "#viewer") {
        for (const one of document.querySelectorAll('#review a[data-swap="#viewer"]:not([data-tool])')) {
          const same = new URL(one.href).searchParams.get("doc") === new URL(link.href).searchParams.get("doc");
          if (same) one.setAttribute("aria-current", "true"); else one.removeAttribute("aria-current");
        }
      }
    } catch {
      location.href = link.href; // as without a script
    }
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (!document.querySelector(link.dataset.swap)) return;
    event.preventDefault();
    swap(link);
  });
})();

// ---- Drafts --------------------------------------------------------------------------------------------
// form[data-draft]: what is typed is kept on the server a moment after typing stops, and when the page is left.
(() => {
  const PAUSE = 700, AGAIN = 5000;
  // (randomUUID is for secure addresses alone.)
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
  const besides = new Set(["key", "decision", "phrase", "list", "confirmed"]);
  for (const form of document.querySelectorAll("form[data-draft]")) {
    const state = form.querySelector("[data-draft-state]");
    let timer = 0, kept = null, sending = false, over = false;
    const typed = () => {
      const fields = {};
      for (const [name, value] of new FormData(form)) {
        if (besides.has(name) || typeof value !== "string") continue;
        (fields[name] ||= []).push(value);
      }
      return JSON.stringify({ decision: form.elements.decision.value, fields });
    };
    const keep = async (leaving) => {
      clearTimeout(timer);
      const body = typed();
      if (over || body === kept || (sending && !leaving)) return;
      sending = true;
      try {
        const answer = await fetch(form.dataset.draft, {
          method: "PUT", body, keepalive: leaving,
          headers: { "Content-Type": "application/json", "Idempotency-Key": newKey() },
        });
        if (answer.ok) {
          kept = body;
          const at = new Date((await answer.json()).saved_at);
          const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium", timeZone: "Asia/Jakarta" });
          if (state) state.textContent = `${form.dataset.kept} ${clock.format(at)} WIB`;
        } else if (answer.status >= 500) {
          throw new Error(String(answer.status));
        } else {
          over = true; // done by somebody else, or signed out: the page says so when it is sent
        }
      } catch {
        if (state) state.textContent = form.dataset.lost;
        timer = setTimeout(() => keep(false), AGAIN);
      }
      sending = false;
      if (!over && kept !== null && typed() !== kept) timer = setTimeout(() => keep(false), PAUSE);
    };
    kept = typed();
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => keep(false), PAUSE); });
    form.addEventListener("submit", () => { clearTimeout(timer); over = true; });
    addEventListener("pagehide", () => keep(true));
    addEventListener("pageshow", (event) => { if (event.persisted) over = false; });

    // A phrase goes where one writes; without a script the server puts it into the first empty place.
    let place = null;
    form.addEventListener("focusin", (event) => { if (event.target.tagName === "TEXTAREA") place = event.target; });
    form.querySelector("[data-insert]")?.addEventListener("click", (event) => {
      const phrase = form.querySelector("select[name=phrase]").selectedOptions[0];
      const areas = [...form.querySelectorAll("textarea")];
      const into = place || areas.find((area) => !area.value.trim()) || areas[0];
      if (!phrase || !into) return;
      event.preventDefault();
      into.setRangeText((into.value && into.selectionStart === into.value.length && !/\s$/.test(into.value) ? "\n" : "") +
        phrase.dataset.text, into.selectionStart, into.selectionEnd, "end");
      into.focus();
      into.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
})();

// ---- Keys ----------------------------------------------------------------------------------------------
// Single keys, which can be switched off (WCAG 2.1.4), and never while somebody types or chooses.
(() => {
  const dialog = document.getElementById("keys");
  const opener = document.querySelector("[data-keys]");
  if (!dialog || !opener) return;
  const SETTING = "asesor-keys";
  const on = () => { try { return localStorage.getItem(SETTING) !== "off"; } catch { return true; } };
  const tick = dialog.querySelector("[data-keys-on]");
  opener.hidden = false;
  tick.checked = on();
  tick.addEventListener("change", () => {
    try { localStorage.setItem(SETTING, tick.checked ? "on" : "off"); } catch { /* kept for this page alone */ }
  });
  opener.addEventListener("click", () => dialog.showModal());

  const rows = () => [...document.querySelectorAll("[data-desk-list] [data-desk-row] a")];
  const move = (by) => {
    const every = rows();
    if (!every.length) return;
    const at = every.indexOf(document.activeElement);
    const open = every.findIndex((row) => row.getAttribute("aria-current"));
    const from = at >= 0 ? at : open >= 0 ? open : by > 0 ? -1 : every.length;
    const next = every[Math.min(Math.max(from + by, 0), every.length - 1)];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const tool = (name) => document.querySelector(`#viewer a[data-tool="${name}"]`)?.click();
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    c: () => (document.querySelector("form[data-claim]") || document.querySelector('form[action="/inbox/next"]'))?.requestSubmit(),
    "?": () => dialog.showModal(),
  };
  const inViewer = { "+": "in", "=": "in", "-": "out", r: "right", ArrowLeft: "back", ArrowRight: "forth" };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || dialog.open || !on()) return;
    const where = event.target;
    if (where.isContentEditable || where.matches?.("input, textarea, select")) return;
    const viewing = where.closest?.("#viewer") && inViewer[event.key];
    if (viewing) {
      // A magnified sheet is scrolled by the arrows, as everything else that is wider than its window.
      const sheet = document.querySelector("[data-viewer]");
      if (event.key.startsWith("Arrow") && sheet && sheet.scrollWidth > sheet.clientWidth) return;
      event.preventDefault();
      tool(viewing);
    } else if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  });
})();
