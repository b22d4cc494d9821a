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
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
