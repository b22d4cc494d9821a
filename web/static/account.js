// Keyboard shortcuts are this browser's matter (WCAG 2.1.4): without scripts there are none, and nothing to switch.
"use strict";
(() => {
  const SETTING = "asesor-keys"; // read by every page that has single-key shortcuts
  const box = document.getElementById("keys-on");
  if (!box) return;
  const on = () => { try { return localStorage.getItem(SETTING) !== "off"; } catch { return true; } };
  box.checked = on();
  box.closest("[hidden]").hidden = false;
  box.addEventListener("change", () => {
    try { localStorage.setItem(SETTING, box.checked ? "on" : "off"); } catch { /* this browser keeps nothing */ }
  });
})();
