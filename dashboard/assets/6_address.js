// The address of the page names what it shows: the view, symbol, interval, and the range or the visible time. Back, forward,
// reload and a shared address show it again. An address without them begins with the last choice in this
// browser for this market.
(function () {
  "use strict";
  const KEY = `desk-chart ${document.documentElement.dataset.market}`; // another market has other symbols
  const PATH = "/desk", LONGEST = 40, INTERVAL = "1m";
  const byId = (id) => document.getElementById(id);
  let shown = null; // the parts of the address
  let awaited = null; // the symbol that is about to be shown, until the page has it
  let isGuess = false; // whether the next symbol is no choice of the user
  let faults = [], studies = null;

  // If the browser blocks storage, every visit to an address without a symbol begins with the defaults.
  function kept() {
    try { return JSON.parse(localStorage.getItem(KEY)) || {}; } catch { return {}; }
  }

  function keep({ symbol, interval }) {
    try { localStorage.setItem(KEY, JSON.stringify({ symbol: symbol || kept().symbol, interval })); } catch { /* as above */ }
  }

  // A part of the address as text: what is written there is never markup.
  function quoted(text) { return `\u201c${text.length > LONGEST ? `${text.slice(0, LONGEST)}\u2026` : text}\u201d`; }

  function known(query, name, isKnown) {
    const value = query.get(name);
    if (value === null || isKnown(value)) return value;
    faults.push(`There is no ${name} ${quoted(value)}.`);
    return null;
  }

  function second(query, name) {
    const text = known(query, name, (value) => !Number.isNaN(Date.parse(value)));
    return text === null ? null : Math.floor(Date.parse(text) / 1000);
  }

  // What the address names; `target` is that of the window, null where it names none.
  function read() {
    const query = new URLSearchParams(location.search);
    faults = [];
    const interval = known(query, "interval", deskWindow.isInterval), range = known(query, "range", deskWindow.isRange);
    const from = second(query, "from"), to = second(query, "to");
    const window = from === null ? null : { from, to };
    return { symbol: query.get("symbol"), studies: query.get("studies"), interval: range ? deskWindow.intervalOf(range) : interval, target: range ? { range } : window };
  }

  // What a visit begins with.
  function first() {
    const named = read(), last = kept(), own = deskWindow.isInterval(last.interval) ? last.interval : INTERVAL;
    const interval = named.interval || own, symbol = named.symbol || last.symbol || null;
    awaited = symbol;
    ({ studies } = named);
    return { symbol, interval, target: named.target };
  }

  const stamp = (time) => `${new Date(time * 1000).toISOString().slice(0, 19)}Z`;

  function parts(symbol, interval, target) {
    const { range, from, to } = target || {};
    const all = { symbol, interval, range, from: from && stamp(from), to: to && stamp(to), studies: deskStudies.named() };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value));
  }

  function write(now, isNew) {
    const query = new URLSearchParams(now).toString().replaceAll("%3A", ":").replaceAll("%2F", "/").replaceAll("%2C", ",");
    const address = `${PATH}?${query}`;
    if (address === location.pathname + location.search) return;
    history[isNew ? "pushState" : "replaceState"](null, "", address);
  }

  // Brings the address up to date. Another symbol, interval or range is an entry of its own in the browser's history; a
  // moved chart is not. `target` is that of the window, null while the chart is loading.
  function follow(symbol, interval, target) {
    if (!symbol || (awaited !== null && symbol !== awaited)) return;
    awaited = null;
    const now = parts(symbol, interval, target);
    const isOther = shown !== null && (now.symbol !== shown.symbol || now.interval !== shown.interval);
    const isNew = shown !== null && !isGuess && (isOther || Boolean(now.range && now.range !== shown.range));
    if (isNew) writeNotice([]);
    write(now, isNew);
    isGuess = false;
    shown = now;
  }

  function writeNotice(texts) {
    byId("astray").hidden = !texts.length;
    deskPanels.write(byId("astray-text"), texts.join(" "));
  }

  // The symbol to show in place of one that is not among those of the watchlist; null without any.
  function instead(symbol, symbols) {
    const isNamed = symbol !== null && new URLSearchParams(location.search).get("symbol") === symbol;
    const meant = isNamed && symbols.find((each) => each.toUpperCase() === symbol.toUpperCase());
    if (isNamed && !meant) faults.push(`${quoted(symbol)} is not among the followed symbols.`);
    awaited = meant || symbols[0] || null;
    isGuess = true;
    return awaited;
  }

  // Reports once what the address names and the page can't show. `interval` is shown in place of an unknown one.
  function report(symbol, interval) {
    if (!faults.length) return;
    writeNotice([...faults, `The page shows ${[symbol, interval].filter(Boolean).join(", ")}.`]);
    faults = [];
  }

  function showStudies(named) {
    for (const unknown of deskStudies.show(named)) faults.push(`There is no indicator ${quoted(unknown)}.`);
  }

  function begin(show) {
    showStudies(studies);
    byId("astray-close").addEventListener("click", () => writeNotice([]));
    window.addEventListener("popstate", () => {
      const named = read(), symbols = deskWatchlist.symbols(), isKnown = symbols.includes(named.symbol);
      const symbol = isKnown || !named.symbol ? named.symbol : instead(named.symbol, symbols);
      shown = isKnown ? Object.fromEntries(new URLSearchParams(location.search)) : null;
      awaited = symbol;
      writeNotice([]);
      if (named.studies) showStudies(named.studies);
      show({ ...named, symbol });
    });
  }

  window.deskAddress = { first, keep, follow, instead, report, begin, expect: (symbol) => { awaited = symbol; } };
})();
