// The switch of the theme, and what has to follow the theme beyond the style sheet.
(function () {
  "use strict";
  const NAMES = { system: "as the system", light: "light", dark: "dark" };
  const byId = (id) => document.getElementById(id);

  function begin() {
    byId("theme").addEventListener("click", () => { choose(deskTheme.next()); });
    deskTheme.onChange(follow);
    name();
  }

  function choose(theme) {
    deskTheme.choose(theme);
    name();
  }

  function name() {
    const text = `Theme: ${NAMES[deskTheme.chosen()]}`, button = byId("theme");
    button.dataset.chosen = deskTheme.chosen();
    button.title = text;
    button.setAttribute("aria-label", text);
  }

  function follow() {
    name();
    deskCanvas.recolour();
    deskChart.recolour();
  }

  window.deskLook = { begin, choose };
})();
