// Stores the last chosen symbol and interval in the browser, like the studies on the chart.
(function () {
  "use strict";
  const KEY = "desk-chart";

  // If the browser blocks storage, every visit begins with the defaults.
  function last() {
    try { return JSON.parse(window.localStorage.getItem(KEY)) || {}; } catch { return {}; }
  }

  function keep({ symbol, interval }) {
    try { window.localStorage.setItem(KEY, JSON.stringify({ symbol: symbol || last().symbol, interval })); } catch { /* as above */ }
  }

  window.deskChoice = { last, keep };
})();
