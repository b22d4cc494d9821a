// A job's page follows its job: the server renders each look, this only fetches it. Without it: "Look again".
"use strict";
(() => {
  const look = async () => {
    const box = document.querySelector("#job[data-poll]");
    if (!box) return;
    // Nobody looks: no need to ask. The next look comes when the page is seen again.
    if (document.hidden) { document.addEventListener("visibilitychange", look, { once: true }); return; }
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        const next = fresh.querySelector("#job");
        if (next) { box.replaceWith(next); document.title = fresh.title; }
      }
    } catch {
      // The server is away for a moment; the page says how far it was, and asks again.
    }
    setTimeout(look, 2000);
  };
  setTimeout(look, 1000);
})();
