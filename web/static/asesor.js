// Enhancement only: every page works without it.
"use strict";
document.addEventListener("submit", (event) => {
  // Pressed twice is sent once; the form's key would keep it from being done twice in any case.
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
document.addEventListener("DOMContentLoaded", () => {
  const errors = document.querySelector(".errors");
  if (errors) errors.focus();
});

// ---- Live regions ----------------------------------------------------------------------------------
// <section id="…" data-live="15">: fetched again from the page's own address every so many seconds (the
// fewest of all regions of the page), and put in place of what is there when it says something else. `id` is
// required. Any page may have them; it costs nothing when nothing changes where the page's handler answers
// 304 (web/live.py). After a swap the region gets an event `asesor:live`, for scripts of its page.
// Nothing moves under somebody's hands: a region with the focus, the pointer, marked text, a fold that was
// opened or closed, or a form that was touched, stays as it is; what is new is then offered by a button, and
// shown by itself as soon as the region is left. A hidden tab asks nothing.
(() => {
  const status = document.getElementById("live-status");
  const regions = [...document.querySelectorAll("[data-live][id]")];
  if (!status || !regions.length) return;
  const every = Math.min(...regions.map((r) => Number(r.dataset.live) || 15)) * 1000;
  const folds = new WeakMap();
  const shown = new Map();
  const held = new Map();
  let tag = status.dataset.tag, timer = 0, failures = 0, asking = false, over = false;

  // What a region says: `exact` decides whether it is swapped, `said` (without times, which pass by
  // themselves) whether that is announced. Keys of forms differ each time and say nothing.
  const reading = (region) => {
    const copy = region.cloneNode(true);
    for (const key of copy.querySelectorAll('input[type="hidden"][name="key"]')) key.removeAttribute("value");
    const exact = copy.innerHTML;
    for (const time of copy.querySelectorAll("time, .exact")) time.remove();
    return { exact, said: copy.textContent.replace(/\s+/g, " ") };
  };
  const keep = (region, read) => {
    shown.set(region, read);
    for (const fold of region.querySelectorAll("details")) folds.set(fold, fold.open);
  };
  const touched = (field) =>
    field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked
      : field.tagName === "SELECT" ? [...field.options].some((o) => o.selected !== o.defaultSelected) &&
        !(field.selectedIndex === 0 && ![...field.options].some((o) => o.defaultSelected))
      : field.type !== "hidden" && field.value !== field.defaultValue;
  const busy = (region) => {
    const marked = getSelection();
    return region.contains(document.activeElement) ||
      (matchMedia("(hover: hover)").matches && region.matches(":hover")) ||
      (marked && !marked.isCollapsed && region.contains(marked.anchorNode)) ||
      [...region.querySelectorAll("details")].some((fold) => fold.open !== folds.get(fold)) ||
      [...region.querySelectorAll("input, select, textarea")].some(touched);
  };
  const tell = (name, button) => {
    status.className = `live-status ${name}`;
    status.textContent = name ? status.dataset[name] : "";
    if (!button) return;
    const show = document.createElement("button");
    show.type = "button";
    show.className = "quiet";
    show.textContent = status.dataset.show;
    show.addEventListener("click", () => {
      const [first] = held.keys();
      for (const [region, fresh] of [...held]) swap(region, fresh);
      tell("changed");
      if (first) { first.tabIndex = -1; first.focus(); }
    });
    status.append(" ", show);
  };
  const swap = (region, fresh) => {
    const aside = [...region.querySelectorAll(".scroll")].map((s) => s.scrollLeft);
    held.delete(region);
    region.replaceChildren(...fresh.childNodes);
    keep(region, reading(region));
    region.querySelectorAll(".scroll").forEach((s, n) => { s.scrollLeft = aside[n] || 0; });
    region.dispatchEvent(new CustomEvent("asesor:live", { bubbles: true }));
  };
  const take = (page) => {
    let news = false;
    held.clear();
    for (const region of regions) {
      const fresh = page.getElementById(region.id);
      if (!fresh) continue;
      const read = reading(fresh), before = shown.get(region);
      if (read.exact === before.exact) continue;
      if (busy(region)) { if (read.said !== before.said) held.set(region, fresh); continue; }
      news ||= read.said !== before.said;
      swap(region, fresh);
    }
    if (held.size) tell("held", true);
    else if (news) tell("changed");
    else if (status.classList.contains("held")) tell("");
  };
  const ask = async () => {
    if (asking || over || document.hidden) return;
    asking = true;
    try {
      const headers = tag ? { "If-None-Match": tag } : {};
      const answer = await fetch(location.href, { headers, cache: "no-store", signal: AbortSignal.timeout(20000) });
      if (answer.redirected && new URL(answer.url).pathname === "/sign-in") {
        over = true;
        tell("out");
      } else {
        if (answer.status !== 304 && !answer.ok) throw new Error(String(answer.status));
        if (failures) tell("back");
        failures = 0;
        if (answer.status !== 304) {
          const text = await answer.text();
          tag = answer.headers.get("ETag") || "";
          take(new DOMParser().parseFromString(text, "text/html"));
        }
      }
    } catch {
      failures += 1;
      if (failures === 2) tell("lost"); // once may be a laptop that wakes up
    }
    asking = false;
    plan();
  };
  const plan = () => {
    clearTimeout(timer);
    if (over || document.hidden) return;
    // Some chance in it, so that screens that were opened together do not ask together for ever.
    const wait = failures === 1 ? every / 4 : every * Math.min(2 ** Math.max(failures - 1, 0), 8);
    timer = setTimeout(ask, wait * (0.9 + 0.2 * Math.random()));
  };
  const left = () => {
    for (const [region, fresh] of [...held]) if (!busy(region)) swap(region, fresh);
    if (!held.size && status.classList.contains("held")) tell("changed");
  };
  for (const region of regions) {
    keep(region, reading(region));
    region.addEventListener("pointerleave", left);
    // The focus has gone elsewhere only after this event.
    region.addEventListener("focusout", () => setTimeout(left));
  }
  document.addEventListener("visibilitychange", () => { clearTimeout(timer); if (!document.hidden) ask(); });
  plan();
})();

// ---- Printing ------------------------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
