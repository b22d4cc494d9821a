// Enhancement: each cell of a sheet is saved by itself as it is tapped, over a connection that comes and goes.
// What waits is kept in this browser, under the account's own mark: ids and marks alone, never names or words.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form[data-sheet]");
  if (!form) return;
  const address = form.dataset.sheet;
  const place = `asesor-sheet/${form.dataset.owner}/${address}`;
  const cells = new Map([...form.querySelectorAll("[data-cell]")].map((cell) => [cell.dataset.cell, cell]));
  const words = new Map(); // free text waits in memory alone
  // (randomUUID is for secure addresses alone, and halls have others, too.)
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
  let sending = false;
  let pause = 1000;
  let timer = 0;

  for (const button of form.querySelectorAll("[data-without-script]")) button.hidden = true;

  const kept = () => {
    try { return JSON.parse(localStorage.getItem(place)) || {}; } catch { return {}; }
  };
  const keep = (queue) => {
    if (Object.keys(queue).length) localStorage.setItem(place, JSON.stringify(queue));
    else localStorage.removeItem(place);
  };
  const entryOf = (name) => words.get(name) || kept()[name];
  const put = (name, entry) => {
    if (cells.get(name)?.dataset.kind === "words") { words.set(name, entry); return; }
    const queue = kept();
    queue[name] = entry;
    keep(queue);
  };
  const drop = (name) => {
    words.delete(name);
    const queue = kept();
    delete queue[name];
    keep(queue);
  };
  const waiting = () => [...words, ...Object.entries(kept())];

  const inputs = (cell) => [...cell.querySelectorAll("input:not([type=hidden]), textarea")];
  const valueOf = (cell) => {
    const all = inputs(cell);
    if (cell.dataset.kind === "ticks") return all.filter((i) => i.checked).map((i) => i.value);
    if (cell.dataset.kind === "yes") return all[0].checked;
    if (cell.dataset.kind === "words") return all[0].value.trim();
    return all.find((i) => i.checked)?.value ?? null;
  };
  const show = (cell, value) => {
    for (const input of inputs(cell)) {
      if (cell.dataset.kind === "words") input.value = value ?? "";
      else if (cell.dataset.kind === "yes") input.checked = value === true;
      else input.checked = Array.isArray(value) ? value.includes(input.value) : input.value === value;
    }
  };

  const tell = (cell, state, more = "") => {
    const said = cell.querySelector(".cell-state");
    cell.dataset.state = state;
    said.textContent = form.dataset[`say${state[0].toUpperCase()}${state.slice(1)}`] + (more ? ` ${more}` : "");
    for (const button of cell.querySelectorAll(".cell-act")) button.remove();
  };
  const offer = (cell, label, act) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet cell-act";
    button.textContent = label;
    button.addEventListener("click", act);
    cell.append(button);
  };
  const summary = () => {
    const all = waiting();
    const bad = all.filter(([, e]) => e.failed || e.theirs !== undefined).length;
    const line = form.querySelector(".sheet-state");
    const parts = [];
    if (all.length - bad) parts.push(`${form.dataset.sayWaiting}: ${all.length - bad}`);
    if (bad) parts.push(`${form.dataset.sayFailed}: ${bad}`);
    if (!navigator.onLine) parts.unshift(form.dataset.sayOffline);
    line.textContent = parts.join(" · ") || form.dataset.sayAll;
    line.dataset.state = bad ? "failed" : all.length ? "waiting" : "saved";
    const open = form.querySelector("[data-unmarked]");
    if (open) {
      const radios = [...cells.values()].filter((c) => c.dataset.kind === "choice");
      open.textContent = Number(open.dataset.elsewhere) + radios.filter((c) => valueOf(c) === null).length;
    }
  };
  // No dialogue stands between a tap and the next one: a conflict waits in its cell until it is answered.
  const conflict = (name, cell, entry) => {
    tell(cell, "conflict");
    if (cell.dataset.kind === "words") return;
    offer(cell, form.dataset.sayMine, () => {
      show(cell, entry.value);
      put(name, { value: entry.value, version: entry.version, key: newKey() });
      tell(cell, "waiting");
      pump();
    });
    offer(cell, form.dataset.sayTheirs, () => {
      cell.dataset.version = entry.version;
      drop(name);
      show(cell, entry.theirs);
      tell(cell, "saved");
      summary();
    });
  };
  const fail = (name, cell, entry, why) => {
    tell(cell, "failed", why);
    offer(cell, form.dataset.sayAgain, () => {
      put(name, { ...entry, failed: undefined, key: newKey() });
      tell(cell, "waiting");
      pump();
    });
  };

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(pump, pause);
    pause = Math.min(pause * 2, 30000);
  };
  const send = async (name, cell, entry) => {
    const answer = await fetch(address, {
      method: "PUT",
      headers: { "Content-Type": "application/json", "Idempotency-Key": entry.key },
      body: JSON.stringify({ ...JSON.parse(name), value: entry.value, version: entry.version }),
    });
    if (answer.status === 401) { tell(cell, "waiting", form.dataset.saySignIn); return false; }
    if (answer.status === 429 || answer.status >= 500) return false;
    const body = await answer.json();
    const now = entryOf(name);
    const newer = now && now.key !== entry.key ? now : null;
    if (answer.ok) {
      cell.dataset.version = body.version;
      if (newer) put(name, { ...newer, version: body.version });
      else { drop(name); tell(cell, "saved"); }
      return true;
    }
    const told = body.violations[0];
    if (told.rule === "X-CELL") {
      const met = { ...(newer || entry), version: told.facts.version, theirs: told.facts.value ?? null };
      put(name, met);
      conflict(name, cell, met);
    } else {
      put(name, { ...(newer || entry), failed: true });
      fail(name, cell, newer || entry, document.documentElement.lang === "en" ? told.text_en : told.text);
    }
    return true;
  };
  const pump = async () => {
    if (sending) return;
    sending = true;
    clearTimeout(timer);
    try {
      for (;;) {
        const next = waiting().find(([name, e]) => cells.has(name) && !e.failed && e.theirs === undefined);
        summary();
        if (!next) { pause = 1000; break; }
        const [name, entry] = next;
        if (await send(name, cells.get(name), entry)) pause = 1000;
        else { later(); break; }
      }
    } catch { // no connection: the marks wait
      later();
    } finally {
      sending = false;
      summary();
    }
  };

  form.addEventListener("change", (event) => {
    const cell = event.target.closest("[data-cell]");
    if (!cell) return;
    const before = entryOf(cell.dataset.cell);
    const version = before ? before.version : Number(cell.dataset.version);
    put(cell.dataset.cell, { value: valueOf(cell), version, key: newKey() });
    tell(cell, "waiting");
    pump();
  });
  // One form posts where there is no script; here everything is on its way already.
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const link of document.querySelectorAll("[data-after-sheet]")) {
    link.addEventListener("click", (event) => {
      if (!waiting().length) return;
      event.preventDefault();
      form.querySelector(".sheet-state").scrollIntoView({ block: "center" });
      pump();
    });
  }
  window.addEventListener("beforeunload", (event) => { if (words.size) event.preventDefault(); });
  window.addEventListener("online", pump);
  window.addEventListener("offline", summary);
  for (const [name, entry] of Object.entries(kept())) {
    const cell = cells.get(name);
    if (!cell) continue;
    show(cell, entry.theirs === undefined ? entry.value : entry.theirs);
    if (entry.theirs !== undefined) conflict(name, cell, entry);
    else if (entry.failed) fail(name, cell, entry, "");
    else tell(cell, "waiting");
  }
  summary();
  pump();
});
