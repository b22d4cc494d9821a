// What rules say beside a form is asked again when the form changes; without this file it is when it is saved.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const panel = document.getElementById("verdicts");
  const form = document.querySelector("form[data-verdicts]");
  if (panel && form) {
    const told = document.createElement("p"); // says it to those who do not see the panel change
    told.className = "hidden";
    told.setAttribute("role", "status");
    panel.after(told);
    let asked = 0;
    let timer = 0;
    const ask = async () => {
      const mine = ++asked;
      try {
        const answer = await fetch(form.dataset.verdicts, { method: "POST", body: new URLSearchParams(new FormData(form)) });
        if (!answer.ok || mine !== asked) return; // not to be read yet, or typed on meanwhile
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        panel.replaceChildren(...page.body.childNodes);
        told.textContent = panel.dataset.updated;
      } catch { /* no connection: what was said before stays */ }
    };
    form.addEventListener("change", () => { clearTimeout(timer); timer = setTimeout(ask, 400); });
  }
  // A day in the calendar goes into the first empty question for a day.
  for (const cell of document.querySelectorAll("#class-form td[data-day]")) {
    if (cell.classList.contains("off")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "pick";
    button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener("click", () => {
      const days = [...document.querySelectorAll("[name^='classes.days.']")];
      const same = days.find((day) => day.value === cell.dataset.day);
      const empty = days.find((day) => !day.value);
      if (same) same.value = "";
      else if (empty) empty.value = cell.dataset.day;
      else return;
      cell.classList.toggle("chosen", !same);
      button.setAttribute("aria-pressed", String(!same));
      form.dispatchEvent(new Event("change"));
    });
    button.setAttribute("aria-pressed", String(cell.classList.contains("chosen")));
  }
});
