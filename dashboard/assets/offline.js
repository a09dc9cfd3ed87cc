// On the page "offline": shows the page of its address as soon as the server answers.
(function () {
  "use strict";
  const PAUSE = 3000; // ms

  async function look() {
    try {
      const answer = await fetch("/healthz", { cache: "no-store" });
      if (answer.status < 500) window.location.reload();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // TypeError: the server can't be reached
    }
  }

  window.setInterval(look, PAUSE);
  window.addEventListener("online", look);
})();
