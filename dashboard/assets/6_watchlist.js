// The watchlist: a grid of rows that are made once and whose texts change in place.
(function () {
  "use strict";
  const KEY = "desk-watch-order", OLD = 60, FLASH = 150, REORDER = 1000; // seconds; ms
  const STATES = { live: "Live", waiting: "Waiting for quotes", history: "Loading history", stale: "Stale", closed: "Market closed" };
  const byId = (id) => document.getElementById(id);
  const { write, setClass, element } = window.deskPanels;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const rows = new Map(), made = new Map(); // by symbol: its values, and its elements
  let selected = null, order = null, orderedAt = 0, now = null;

  // Rows can be received before the page is there; they are drawn with the next ones.
  function apply(changed, isKnown) {
    for (const row of changed) rows.set(row.symbol, { trend: [], rsi: null, received: null, ...rows.get(row.symbol), ...row });
    const box = byId("watch-rows");
    if (!box) return;
    listen();
    const fresh = [...rows.keys()].filter((symbol) => !made.has(symbol));
    for (const symbol of fresh) made.set(symbol, make(symbol));
    for (const symbol of new Set([...changed.map((row) => row.symbol), ...fresh])) fill(made.get(symbol), rows.get(symbol));
    if (fresh.length) stop();
    arrange(fresh.length > 0);
    if (!isKnown) return;
    byId("watch-loading").hidden = true;
    byId("watch-none").hidden = rows.size > 0;
  }

  function clear() {
    for (const { row } of made.values()) row.remove();
    rows.clear();
    made.clear();
  }

  function cell(row, name, ...parts) {
    const box = element("div", `watch-${name}`);
    box.setAttribute("role", "gridcell");
    box.append(...parts);
    row.append(box);
    return box;
  }

  function make(symbol) {
    const row = element("div", "watch-row");
    Object.assign(row.dataset, { symbol });
    row.setAttribute("role", "row");
    row.tabIndex = -1;
    const parts = { row, state: element("i", "state"), spoken: element("span", "unseen"), alert: element("i", "alert-dot"), name: element("span", "watch-name"), age: element("span", "watch-age num") };
    parts.alert.hidden = true;
    parts.state.append(parts.spoken);
    const title = element("span", "watch-title");
    title.append(element("strong", "", symbol), parts.alert, parts.age);
    const under = element("span", "watch-under");
    under.append(parts.state, parts.name);
    cell(row, "symbol", title, under);
    Object.assign(parts, { trend: deskSpark.make(), last: null, percent: null });
    cell(row, "trend", parts.trend.svg);
    parts.last = cell(row, "last");
    parts.percent = cell(row, "percent");
    parts.rsi = cell(row, "rsi");
    row.setAttribute("aria-selected", String(symbol === selected));
    return parts;
  }

  function fill(parts, row) {
    const { state, last, percent, decimals, currency, past } = row, shown = deskFormat.signed(percent, 2);
    // The currency code is omitted if the symbol already ends with it.
    const code = currency && deskFormat.currency(currency).code && row.symbol.endsWith(currency) ? null : currency;
    const before = parts.value, price = deskFormat.brief(last, decimals, code);
    write(parts.last, price);
    setClass(parts.last, `watch-last num${past !== null ? " past" : ""}${last !== null && last <= 0 ? " flagged" : ""}`);
    parts.last.title = deskFormat.money(last, decimals, currency) + (past ? `, as of ${deskFormat.moment(past, row.zone, Date.now() / 1000)}` : "");
    write(parts.percent, shown);
    setClass(parts.percent, `watch-percent num ${deskFormat.tone(shown)}`);
    write(parts.rsi, row.rsi === null ? "" : deskFormat.plain(row.rsi, 0));
    write(parts.name, row.name || STATES[state] || "");
    setClass(parts.state, `state ${state || ""}`);
    parts.state.hidden = !state || state === "live";
    write(parts.spoken, parts.state.hidden ? "" : STATES[state] || state);
    parts.row.title = [row.symbol, row.name, STATES[state]].filter(Boolean).join(" · ");
    deskSpark.fill(parts.trend, trendPoints(row));
    parts.value = last;
    if (before !== undefined && before !== null && last !== null && before !== last) flash(parts.last, last > before);
    age(parts, row);
  }

  function flash(target, isUp) {
    if (calm.matches || document.hidden) return;
    const colour = deskTheme.colour(isUp ? "--up40" : "--down40");
    target.animate([{ backgroundColor: colour }, { backgroundColor: "transparent" }], FLASH);
  }

  // The age of a quote that is no longer fresh.
  function age(parts, { received }) {
    const seconds = now === null || received === null ? 0 : now() - received;
    write(parts.age, seconds < OLD ? "" : deskFormat.age(seconds));
  }

  // The reference close, drawn as a line, the closes of the day, and the last price.
  function trendPoints({ trend, past, last, reference }) {
    if (past || last === null) return [];
    return [...(reference === null ? [] : [reference]), ...trend, last];
  }

  // `server` is the server's time now.
  function keepTime(server) {
    const local = performance.now() / 1000;
    now = () => server + performance.now() / 1000 - local;
    for (const [symbol, parts] of made) age(parts, rows.get(symbol));
  }

  // The symbols with alerts that are new.
  function markAlerts(symbols) {
    for (const [symbol, { alert }] of made) {
      alert.hidden = !symbols.has(symbol);
      alert.title = alert.hidden ? "" : "New alert";
    }
  }

  function compare({ name, direction }) {
    const sign = direction === "descending" ? -1 : 1;
    if (name === "symbol") return (one, other) => sign * one.localeCompare(other);
    const value = (symbol) => rows.get(symbol)[name];
    return (one, other) => {
      const [first, second] = [value(one), value(other)];
      if (first === null || second === null) return (first === null) - (second === null);
      return sign * (first - second) || one.localeCompare(other);
    };
  }

  // The rows in their order. Those that are where they belong are not touched, and the focus stays.
  function arrange(isDue) {
    if (!isDue && (!order || order.name === "symbol" || performance.now() - orderedAt < REORDER)) return;
    orderedAt = performance.now();
    const box = byId("watch-rows"), wanted = order ? [...made.keys()].sort(compare(order)) : [...made.keys()];
    const focused = document.activeElement;
    wanted.forEach((symbol, index) => {
      const { row } = made.get(symbol), there = box.children[index];
      if (there !== row) box.insertBefore(row, there || null);
    });
    if (box.contains(focused) && document.activeElement !== focused) focused.focus({ preventScroll: true });
  }

  function sortBy(button) {
    const { sort: name, first } = button.dataset, other = first === "ascending" ? "descending" : "ascending";
    const direction = !order || order.name !== name ? first : order.direction === first ? other : null;
    order = direction ? { name, direction } : null;
    try { localStorage.setItem(KEY, JSON.stringify(order)); } catch { /* if the browser blocks storage, the order lasts for the visit */ }
    showOrder();
    arrange(true);
  }

  function showOrder() {
    for (const button of document.querySelectorAll("[data-sort]")) {
      const isIt = order !== null && order.name === button.dataset.sort;
      button.parentNode.setAttribute("aria-sort", isIt ? order.direction : "none");
    }
  }

  function readOrder() {
    try {
      const found = JSON.parse(localStorage.getItem(KEY));
      const isValid = found && document.querySelector(`[data-sort="${CSS.escape(found.name)}"]`) && ["ascending", "descending"].includes(found.direction);
      return isValid ? found : null;
    } catch { return null; }
  }

  // One row at a time can be reached with Tab: the one on the chart, else the first.
  function stop() {
    const kept = made.get(selected) || made.values().next().value;
    for (const parts of made.values()) parts.row.tabIndex = parts === kept ? 0 : -1;
  }

  function select(symbol) {
    selected = symbol;
    for (const [each, { row }] of made) row.setAttribute("aria-selected", String(each === symbol));
    stop();
  }

  const choose = (symbol) => dash_clientside.set_props("symbol", { value: symbol });

  // The symbol `by` rows below the one on the chart.
  function step(by) {
    const all = [...byId("watch-rows").children], place = all.findIndex(({ dataset }) => dataset.symbol === selected);
    const row = all[Math.max(0, Math.min(all.length - 1, by === Infinity ? all.length - 1 : by === -Infinity ? 0 : place + by))];
    if (!row) return;
    select(row.dataset.symbol);
    row.focus();
    choose(row.dataset.symbol);
  }

  const STEPS = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity, PageDown: 10, PageUp: -10 };

  function press(event) {
    const row = event.target.closest(".watch-rows .watch-row"), by = STEPS[event.key];
    if (!row || event.ctrlKey || event.altKey || event.metaKey) return;
    if (by === undefined && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    if (by === undefined) deskShell.choose(row.dataset.symbol); else step(by);
  }

  function listen() {
    const grid = byId("watchlist");
    if (grid.dataset.isHeard) return;
    grid.dataset.isHeard = "true";
    grid.addEventListener("keydown", press);
    grid.addEventListener("click", ({ target }) => {
      const row = target.closest(".watch-rows .watch-row"), head = target.closest("[data-sort]");
      if (row) { row.focus({ preventScroll: true }); deskShell.choose(row.dataset.symbol); }
      if (head) sortBy(head);
    });
    order = readOrder();
    showOrder();
  }

  window.deskWatchlist = {
    apply, clear, select, step, keepTime, markAlerts,
    row: (symbol) => rows.get(symbol), symbols: () => [...rows.keys()],
  };
})();
