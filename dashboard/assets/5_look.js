// The switch of the theme, and what has to follow the theme beyond the style sheet.
(function () {
  "use strict";
  const NAMES = { system: "as the system", light: "light", dark: "dark" };
  const byId = (id) => document.getElementById(id);

  function begin() {
    byId("theme").addEventListener("click", () => { deskTheme.choose(deskTheme.next()); name(); });
    deskTheme.onChange(follow);
    follow(deskTheme.current());
  }

  function name() {
    const text = `Theme: ${NAMES[deskTheme.chosen()]}`, button = byId("theme");
    button.dataset.chosen = deskTheme.chosen();
    button.title = text;
    button.setAttribute("aria-label", text);
  }

  function follow(theme) {
    name();
    dash_clientside.set_props("theme-provider", { forceColorScheme: theme });
    deskCanvas.recolour();
    deskChart.recolour();
  }

  window.deskLook = { begin };
})();
