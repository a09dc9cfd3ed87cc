// The watchlist: transactions update its rows in place.
(function () {
  "use strict";
  const rows = new Map();
  let pending = new Map(), isLoading = true;

  function grid() {
    try { return dash_ag_grid.getApi("watchlist"); } catch { return null; }
  }

  // Rows received before the grid exists are kept in `pending`. Until `isKnown` the grid shows its loading text.
  function apply(changed, isKnown) {
    for (const row of changed) {
      const whole = { trend: [], ...rows.get(row.symbol), ...row };
      rows.set(row.symbol, whole);
      pending.set(row.symbol, whole);
    }
    const api = pending.size || (isKnown && isLoading) ? grid() : null;
    if (!api) return;
    const transaction = { add: [], update: [] };
    for (const row of pending.values()) transaction[api.getRowNode(row.symbol) ? "update" : "add"].push(row);
    pending = new Map();
    api.applyTransaction(transaction);
    if (isKnown && isLoading) api.setGridOption("loading", isLoading = false); // after the rows, else "No symbols yet" would flash
  }

  function clear() {
    const api = grid();
    if (api) api.applyTransaction({ remove: [...rows.values()] });
    rows.clear();
    pending.clear();
  }

  // Returns whether the symbol's row exists. The Dash component restores its own selection after every data change, so the
  // selection must be set through its properties.
  function select(symbol) {
    const api = grid(), node = api && api.getRowNode(symbol);
    if (node && !node.isSelected()) dash_clientside.set_props("watchlist", { selectedRows: { ids: [symbol] } });
    return Boolean(node);
  }

  // The user may have cleared the selection, and the starting grid may reset it.
  function isUnselected() {
    const api = grid();
    return Boolean(api) && api.getSelectedNodes().length === 0;
  }

  // A click, the space bar or Enter chooses the symbol of a row. The Dash component reports a selection of the grid only
  // after a moment, and not at all if rows change in that moment.
  function choose(target) {
    const row = target.closest("#watchlist .ag-row");
    if (row) dash_clientside.set_props("symbol", { value: row.getAttribute("row-id") });
  }
  document.addEventListener("click", ({ target }) => choose(target));
  document.addEventListener("keydown", ({ key, target }) => { if (key === "Enter" || key === " ") choose(target); });

  // The reference close, drawn as a line, the closes of the day, and the last price. The grid redraws a cell when its value
  // changes, so the value contains everything that is drawn.
  function trendPoints({ trend, past, last, reference }) {
    if (past || last === null) return [];
    return [...(reference === null ? [] : [reference]), ...trend, last];
  }

  function Trend({ value: points }) {
    if (!points || points.length < 2) return null;
    const low = Math.min(...points), span = Math.max(...points) - low || 1, first = points[0];
    const x = (index) => (index * 80 / (points.length - 1)).toFixed(1);
    const y = (price) => (22 - (price - low) / span * 20).toFixed(1);
    const drawn = points.map((close, index) => `${index ? "L" : "M"}${x(index)} ${y(close)}`).join("");
    const box = { viewBox: "0 0 80 24", width: "100%", height: 22, preserveAspectRatio: "none", "aria-hidden": true };
    const line = { fill: "none", vectorEffect: "non-scaling-stroke" };
    return React.createElement("svg", box,
      React.createElement("line", { ...line, x1: 0, x2: 80, y1: y(first), y2: y(first), className: "trend-reference" }),
      React.createElement("path", { ...line, d: drawn, className: points.at(-1) >= first ? "trend-up" : "trend-down" }));
  }

  function State({ value }) {
    if (!value) return null;
    const text = React.createElement("span", { className: "unseen" }, value);
    return React.createElement("i", { className: `state ${value}` }, text);
  }

  // Tooltips for the states.
  const STATES = { live: "Live", waiting: "Waiting for quotes", history: "Loading history", stale: "Stale", closed: "Market closed" };

  window.dashAgGridComponentFunctions = { Trend, State };
  window.dashAgGridFunctions = {
    // The currency code is omitted if the symbol already ends with it.
    watchPrice: ({ value, data: { symbol, decimals, currency } }) =>
      deskFormat.brief(value, decimals, currency && deskFormat.currency(currency).code && symbol.endsWith(currency) ? null : currency),
    watchFull: ({ value, data: { decimals, currency, past, zone } }) =>
      deskFormat.money(value, decimals, currency) + (past ? `, as of ${deskFormat.moment(past, zone, Date.now() / 1000)}` : ""),
    watchTrend: ({ data }) => trendPoints(data),
    watchName: ({ data }) => [data.symbol, data.name].filter(Boolean).join(" · "),
    watchState: ({ value }) => STATES[value] || value,
    watchPercent: ({ value }) => deskFormat.signed(value, 2),
    watchTone: ({ value }, tone) => deskFormat.tone(deskFormat.signed(value, 2)) === tone,
    leaveGrid: () => false, // Tab moves to the next part of the page, the arrow keys within the grid
    deskTheme: (theme) => theme.withParams({
      backgroundColor: "var(--panel)", foregroundColor: "var(--text)", headerBackgroundColor: "var(--panel)",
      headerTextColor: "var(--dim)", borderColor: "var(--line)", rowHoverColor: "var(--raised)", selectedRowBackgroundColor: "var(--selected)",
      fontSize: 13, headerFontSize: 11, headerFontWeight: 500, fontFamily: "inherit", cellHorizontalPadding: 6,
      browserColorScheme: "inherit", wrapperBorderRadius: 0, wrapperBorder: false, headerColumnBorder: false,
    }),
  };
  window.deskWatchlist = { apply, clear, select, isUnselected, row: (symbol) => rows.get(symbol), symbols: () => [...rows.keys()] };
})();
