// A table with a box in each row: a box above them for all, and how many are ticked beside the button.
"use strict";
(() => {
  const boxes = (form) => [...form.querySelectorAll('tbody input[type="checkbox"][name="thing"]')];
  const count = (form) => {
    const all = boxes(form), ticked = all.filter((box) => box.checked).length;
    for (const place of form.querySelectorAll("[data-ticked]")) place.textContent = ticked ? ` (${ticked})` : "";
    const whole = form.querySelector("[data-whole]");
    if (whole) { whole.checked = ticked > 0 && ticked === all.length; whole.indeterminate = ticked > 0 && ticked < all.length; }
  };
  const prepare = () => {
    for (const form of document.querySelectorAll("[data-ticks]")) {
      const corner = form.querySelector("thead td.box");
      if (corner && !corner.querySelector("input")) {
        const label = document.createElement("label"), box = document.createElement("input");
        label.className = "tick";
        box.type = "checkbox";
        box.dataset.whole = "";
        label.append(box, corner.querySelector(".hidden"));
        corner.append(label);
        box.addEventListener("change", () => {
          for (const one of boxes(form)) one.checked = box.checked;
          count(form);
        });
      }
      count(form);
    }
  };
  document.addEventListener("change", (event) => {
    const form = event.target.closest && event.target.closest("[data-ticks]");
    if (form) count(form);
  });
  document.addEventListener("asesor:live", prepare);
  window.addEventListener("pageshow", prepare);
  prepare();
})();
