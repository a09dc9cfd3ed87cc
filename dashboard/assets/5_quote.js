// Beside the price of the symbol: bid and ask, and where the price lies in the ranges of the day and of 52 weeks.
(function () {
  "use strict";
  const BARS = 260, YEAR = 366 * 86400, AGAIN = 3600000, RETRY = 10000; // seconds; ms
  const years = new Map(); // by symbol and number of its splits and dividends: the lowest and highest price of stored days
  const byId = (id) => document.getElementById(id);

  function extent(name, low, high, row) {
    const isKnown = low !== null && high !== null && low !== undefined && high !== undefined;
    const { last, decimals } = row, text = (value) => deskFormat.brief(value, decimals, null);
    deskPanels.write(byId(`${name}-low`), isKnown ? text(low) : "\u2013");
    deskPanels.write(byId(`${name}-high`), isKnown ? text(high) : "\u2013");
    const mark = byId(`${name}-mark`), isPlaced = isKnown && high > low && last !== null && row.past === null;
    mark.hidden = !isPlaced;
    if (isPlaced) mark.style.left = `${(100 * Math.max(0, Math.min(1, (last - low) / (high - low)))).toFixed(1)}%`;
  }

  function least(...values) { return best(values, Math.min); }
  function most(...values) { return best(values, Math.max); }
  function best(values, choose) {
    const known = values.filter((value) => value !== null && value !== undefined);
    return known.length ? choose(...known) : null;
  }

  // Days in shares of today: a split moves none of them.
  async function load(symbol, key, now) {
    years.set(key, { ...years.get(key), until: performance.now() + RETRY });
    const found = await deskServer.json(`/api/v1/history/${encodeURIComponent(symbol)}?interval=1d&bars=${BARS}&adjusted=true`);
    if (!found) return;
    const { start, low, high } = found.columns, first = start.findIndex((time) => time >= now - YEAR);
    const days = first < 0 ? [[], []] : [low.slice(first), high.slice(first)];
    years.set(key, { low: least(...days[0]), high: most(...days[1]), until: performance.now() + AGAIN });
  }

  function show({ symbol, session, actions, now }, row) {
    const value = (label) => session.find(([name]) => name === label)[1], key = JSON.stringify([symbol, actions]);
    for (const label of ["Bid", "Ask"]) deskPanels.write(byId(`quote-${label.toLowerCase()}`), deskFormat.brief(value(label), row.decimals, null));
    extent("day", value("Low"), value("High"), row);
    if (!years.has(key) || performance.now() > years.get(key).until) load(symbol, key, now);
    const { low = null, high = null } = years.get(key);
    extent("year", low && least(low, value("Low")), high && most(high, value("High")), row);
  }

  window.deskQuote = { show };
})();
