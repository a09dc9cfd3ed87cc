// The page's own state, and what Dash calls: ask for news, apply them, open another chart.
(function () {
  "use strict";
  const OVERDUE = 5000, LEAP = 200, HOUR = 3600, DAY = 86400, TRADING_DAY = 16 * HOUR;
  const SECONDS = { "1m": 60, "5m": 300, "15m": 900, "1h": HOUR, "1d": DAY };
  // What a range covers in seconds, in trading days, and the interval that suits it.
  const RANGES = {
    "1H": [HOUR, 1, "1m"], "3H": [3 * HOUR, 1, "1m"], "1D": [DAY, 1, "5m"], "5D": [7 * DAY, 5, "15m"], "1M": [31 * DAY, 22, "1h"],
    "3M": [92 * DAY, 64, "1d"], "1Y": [366 * DAY, 253, "1d"], "All": [Infinity, Infinity, "1d"],
  };
  const state = {
    sequence: 0, generation: 0, symbol: null, interval: "1m", range: "3H",
    askedAt: null, answeredAt: null, clock: null, age: null, isRecorded: false, open: null, fan: null, loading: null, stale: false, offered: "",
    adjusted: false, look: null, sources: null, selected: null,
  };

  function begin(series, fan, labels) {
    deskChart.setSpecs(series);
    deskFan.setSpecs(fan);
    deskLegend.setLabels(labels);
    if (window.innerWidth < 600) dash_clientside.set_props("range", { value: "1H" }); // three hours would be a smear
  }

  function ask(_, symbol, interval, adjusted) {
    const moved = symbol !== state.symbol || interval !== state.interval || adjusted !== state.adjusted;
    const now = performance.now();
    if (!moved && state.askedAt !== null && now - state.askedAt < OVERDUE) return dash_clientside.no_update;
    Object.assign(state, { symbol, interval, adjusted, askedAt: now });
    const lastStart = deskChart.holds(symbol, interval) ? deskChart.lastStart() : 0;
    return { symbol: symbol || null, interval, sequence: state.sequence, generation: state.generation,
      last_start: lastStart, adjusted, nonce: now };
  }

  function apply(delta) {
    if (!delta) return;
    state.askedAt = null;
    state.answeredAt = performance.now();
    if (delta.generation === state.generation && delta.sequence < state.sequence) return;
    if (delta.generation !== state.generation) startAnew(delta.generation);
    state.sequence = delta.sequence;
    deskWatchlist.apply(delta.rows);
    deskPanels.alerts(delta.alerts, delta.heading ? delta.heading.clock : delta.now);
    deskPanels.sentence("warning", delta.warning);
    deskPanels.notice(delta.notice);
    deskPanels.strip(delta);
    Object.assign(state, { age: delta.age, isRecorded: delta.is_recorded, sources: delta.sources });
    offerSymbols();
    deskSources.follow(delta);
    if (delta.symbol === state.symbol && delta.interval === state.interval) applySymbol(delta);
    keepTime();
  }

  function startAnew(generation) {
    if (state.generation) {
      deskWatchlist.clear();
      deskPanels.clearAlerts();
      Object.assign(state, { stale: true, selected: null });
    }
    state.generation = generation;
  }

  function applySymbol(delta) {
    const row = deskWatchlist.row(delta.symbol), heading = delta.heading;
    Object.assign(state, { clock: heading, open: delta.open, fan: delta.fan });
    deskPanels.headline(row);
    deskPanels.badge("badge", heading.session, heading.tone);
    deskPanels.badge("flag", heading.flag, "extended");
    deskPanels.cells("session", delta.session, row);
    deskPanels.cells("indicators", delta.indicators, row);
    deskPanels.cells("forecast", delta.forecast.cells, row);
    deskPanels.sentence("forecast-record", delta.forecast.text);
    deskPanels.words(delta.words);
    note("words-note", delta.symbol, delta.interval);
    deskOutcomes.follow(delta, row.decimals);
    note("forecast-note", delta.symbol, delta.interval, deskFormat.currency(row.currency).code);
    note("session-note", delta.symbol, deskFormat.currency(row.currency).code);
    note("indicators-note", delta.symbol, delta.interval, deskFormat.currency(row.currency).code);
    // Once for each symbol: a late answer about the one before must not take a click back.
    if (state.selected !== delta.symbol && deskWatchlist.select(delta.symbol)) state.selected = delta.symbol;
    deskSources.symbol(delta);
    applyBars(delta);
  }

  function note(id, ...words) {
    deskPanels.write(document.getElementById(id), words.filter(Boolean).join(" · "));
  }

  function applyBars(delta) {
    if (delta.adjusted !== state.adjusted) return; // asked before the switch was moved
    const isLoaded = deskChart.holds(delta.symbol, delta.interval), view = deskChart.view();
    const { decimals, currency } = deskWatchlist.row(delta.symbol), { adjusted, actions } = delta;
    state.look = { adjusted, actions, decimals, currency };
    if (isLoaded && Object.entries(state.look).some(([name, value]) => view[name] !== value)) state.stale = true;
    const isShown = isLoaded && !state.stale;
    if (isShown && delta.after !== deskChart.lastStart()) return; // asked for before the chart was loaded
    const follows = isShown && delta.bars !== null && deskChart.tick(delta.bars, delta.open, delta.fan);
    if (!follows) load(isLoaded);
  }

  function offerSymbols() {
    const symbols = deskWatchlist.symbols();
    if (symbols.join() === state.offered) return;
    state.offered = symbols.join();
    const value = symbols.includes(state.symbol) ? state.symbol : symbols[0] || null;
    dash_clientside.set_props("symbol", { data: symbols, value });
  }

  function barsWanted() {
    const [, days] = RANGES[state.range];
    return Math.min(5000, Math.max(1000, Math.ceil(days * TRADING_DAY / SECONDS[state.interval])));
  }

  // One load at a time for what is wanted now; the next delta tries again where it fails.
  async function load(keepZoom) {
    const { symbol, interval, clock, look } = state, wanted = JSON.stringify([symbol, interval, barsWanted(), look]);
    if (!clock || clock.symbol !== symbol || !look || state.loading === wanted) return;
    state.loading = wanted;
    try {
      const address = `/api/v1/history/${encodeURIComponent(symbol)}?interval=${interval}&bars=${barsWanted()}&adjusted=${look.adjusted}`;
      const answer = await fetch(address);
      const history = answer.ok ? await answer.json() : null;
      if (!history || state.loading !== wanted) return;
      const before = deskChart.holds(symbol, interval) ? deskChart.lastStart() : 0;
      const leaps = history.columns.start.filter((start) => start > before).length > LEAP; // as a history that comes in
      deskChart.load({ symbol, interval, zone: clock.zone, ...look }, history.columns, history.marks, state.fan);
      deskChart.tick({}, state.open, state.fan);
      state.stale = false;
      if (!keepZoom || leaps) deskChart.zoom(RANGES[state.range][0]);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // TypeError: the server can't be reached
    } finally {
      if (state.loading === wanted) state.loading = null;
    }
  }

  function open(symbol, interval, range) {
    Object.assign(state, { range });
    if (!symbol) return;
    const covers = deskChart.holds(symbol, interval) && deskChart.view().bars.length >= barsWanted() - 1;
    if (covers) deskChart.zoom(RANGES[range][0]);
    else if (deskChart.holds(symbol, interval)) { deskChart.forget(); load(false); }
  }

  // Between two answers time goes on: the clock, the age of the data, and a server that does not answer.
  function keepTime() {
    if (state.answeredAt === null) return;
    const passed = (performance.now() - state.answeredAt) / 1000, heading = state.clock;
    if (heading) {
      const second = heading.clock + (heading.clock_runs ? passed : 0);
      deskPanels.write(document.getElementById("clock"), deskFormat.fullClock(second, heading.zone));
    }
    if (state.isRecorded) deskPanels.badge("age", "Recorded", "closed");
    else if (state.age !== null) {
      const age = state.age + passed, { label, title, all_closed: allClosed } = state.sources;
      const isOpen = !allClosed && (title || !heading || heading.tone !== "closed");
      const separator = title ? " · " : " ";
      deskPanels.badge("age", label + separator + deskFormat.age(age), !isOpen ? "closed" : age < 15 ? "open" : age < 120 ? "extended" : "bad");
      document.getElementById("age").title = ["How old the newest quote is", title].filter(Boolean).join("\n");
    }
    if (passed > 5) deskPanels.sentence("warning", "The screen's server does not answer. The page goes on by itself once it does.");
  }

  window.setInterval(keepTime, 500);
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.desk = {
    ask, apply, open,
    begin,
    follow_range: (range) => RANGES[range][2],
    show: (studies) => deskChart.show(studies),
    pick: (rows) => (rows && rows.length && rows[0].symbol !== state.symbol ? rows[0].symbol : dash_clientside.no_update),
    switch_feed: (clicks) => { if (clicks) deskSources.switchFeed(); },
    point: (crosshair) => deskLegend.point(crosshair),
    latest: (clicks) => (clicks ? { action: "scrollToRealTime", nonce: clicks } : dash_clientside.no_update),
  };
})();
