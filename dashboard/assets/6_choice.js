// Symbol and interval of the chart as they were chosen last: kept in the browser, as the studies on the chart are.
(function () {
  "use strict";
  const KEY = "desk-chart";

  // Storage may be forbidden: then every visit begins with what the page came with.
  function last() {
    try { return JSON.parse(window.localStorage.getItem(KEY)) || {}; } catch { return {}; }
  }

  function keep({ symbol, interval }) {
    try { window.localStorage.setItem(KEY, JSON.stringify({ symbol, interval })); } catch { /* as above */ }
  }

  window.deskChoice = { last, keep };
})();
