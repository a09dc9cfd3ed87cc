// Stores the last chosen symbol and interval: a reload shows those of its own tab, a new tab the last ones of any tab.
(function () {
  "use strict";
  const KEY = "desk-chart";

  // If the browser blocks storage, every visit begins with the defaults.
  function read(storage) {
    try { return JSON.parse(window[storage].getItem(KEY)); } catch { return null; }
  }

  function write(storage, choice) {
    try { window[storage].setItem(KEY, JSON.stringify(choice)); } catch { /* as above */ }
  }

  function last() {
    const own = read("sessionStorage");
    if (own) return own;
    const found = read("localStorage") || {};
    write("sessionStorage", found);
    return found;
  }

  function keep({ symbol, interval }) {
    const choice = { symbol: symbol || last().symbol, interval };
    for (const storage of ["sessionStorage", "localStorage"]) write(storage, choice);
  }

  window.deskChoice = { last, keep };
})();
