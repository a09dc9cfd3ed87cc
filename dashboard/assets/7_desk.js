// The page's state and the functions that Dash calls: request a delta, apply it, change the chart.
(function () {
  "use strict";
  const OVERDUE = 5000, BARS_BEFORE = 60, BARS_AFTER = 30;
  const ASLEEP = 2000; // after such a pause of its own, as that of a hidden page, the page waits for the next response
  const initial = deskAddress.first();
  const state = {
    sequence: 0, generation: 0, symbol: null, interval: initial.interval, target: initial.target,
    askedAt: null, answeredAt: null, wholeAt: 0, keptAt: 0, awakeAt: 0, clock: null, age: null, isRecorded: false, answer: null, loading: null, stale: false, offered: "",
    adjusted: false, look: null, sources: null, fallback: null,
  };
  deskWindow.setRange(initial.target ? initial.target.range || null : deskWindow.first(state.interval)); // here and not in `begin`, because Dash may call `ask` before it

  function begin(look, series, fan, labels) {
    deskCanvas.create(look, { point: deskLegend.point, move: moved });
    deskChart.setSpecs(series);
    deskFan.setSpecs(fan);
    deskLegend.setLabels(labels);
    deskShell.begin();
    deskAddress.begin(goTo);
    listen("interval", ({ interval }) => chooseInterval(interval));
    listen("ranges", ({ range }) => chooseRange(range));
    document.getElementById("latest").addEventListener("click", goToLatest);
    highlight();
    deskWindow.highlight();
  }

  function listen(id, choose) {
    document.getElementById(id).addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button) choose(button.dataset);
    });
  }

  function highlight() {
    for (const button of document.querySelectorAll("#interval button")) {
      button.setAttribute("aria-pressed", String(button.dataset.interval === state.interval));
    }
  }

  // A range also sets its interval. The target is shown once its bars are loaded.
  function chooseRange(range) {
    state.target = { range };
    deskWindow.setRange(range);
    changeInterval(deskWindow.intervalOf(range));
    showTarget();
    followAddress();
  }

  // Another interval keeps the visible time window if it has bars enough. The range is deselected, because each range has its own interval.
  function chooseInterval(interval) {
    if (interval === state.interval) return;
    deskWindow.setRange(null);
    if (!state.target || state.target.range) state.target = deskWindow.inInterval(interval);
    changeInterval(interval);
  }

  function changeInterval(interval) {
    if (interval === state.interval) return;
    Object.assign(state, { interval, askedAt: performance.now() });
    highlight();
    deskAddress.keep(state);
    dash_clientside.set_props("ask", { data: request() });
    followAddress();
  }

  // Shows the bar of an alert, with those around it.
  function goToBar({ symbol, interval, start }) {
    const seconds = deskFormat.seconds(interval), isOther = symbol !== state.symbol;
    state.target = { from: start - BARS_BEFORE * seconds, to: start + BARS_AFTER * seconds };
    deskWindow.setRange(null);
    deskAddress.expect(symbol);
    changeInterval(interval);
    if (isOther) dash_clientside.set_props("symbol", { value: symbol }); else showTarget();
  }

  // Shows what an address of the browser's history names.
  function goTo({ symbol, interval, target }) {
    state.target = target || { range: deskWindow.first(interval || state.interval) };
    deskWindow.setRange(state.target.range || null);
    changeInterval(interval || state.interval);
    if (symbol && symbol !== state.symbol) dash_clientside.set_props("symbol", { value: symbol }); else showTarget();
    deskAddress.report(symbol || state.symbol, state.interval);
  }

  function followAddress() {
    const isThere = isShown() && deskCanvas.isSettled();
    const target = deskWindow.range() ? { range: deskWindow.range() } : isThere ? deskWindow.current(state.interval) : null;
    deskAddress.follow(state.symbol, state.interval, target);
  }

  function goToLatest() {
    const view = deskChart.view();
    if (!view || !view.hasNewer) { deskWindow.latest(); return; }
    state.target = deskWindow.sameSpan();
    load();
  }

  function showTarget() {
    const view = deskChart.view(), { symbol, interval, target, stale } = state;
    const bars = !stale && deskChart.holds(symbol, interval) && !view.hasNewer ? view.bars : [];
    const isThere = bars.length > 0 && (!view.hasOlder || deskWindow.covers(target, bars[0].start, bars.at(-1).start, bars.length));
    if (!isThere) { load(); return; }
    state.target = null;
    deskWindow.show(target);
  }

  function isShown() {
    return deskChart.holds(state.symbol, state.interval) && !state.stale && !state.target;
  }

  function moved() {
    deskWindow.follow();
    if (isShown()) deskHistory.extend();
  }

  function request() {
    const { symbol, interval, adjusted, sequence, generation } = state;
    const lastStart = deskChart.holds(symbol, interval) ? deskChart.lastStart() : 0;
    return { symbol: symbol || null, interval, sequence, generation, last_start: lastStart, adjusted, nonce: performance.now() };
  }

  // A visit starts with the symbol of its address or the last visit; `offerSymbols` replaces one that is not followed.
  function firstSymbol(given) {
    if (!initial.symbol || initial.symbol === given) return given;
    dash_clientside.set_props("symbol", { value: initial.symbol });
    return initial.symbol;
  }

  // The choice is seen at once, its numbers with the response.
  function showChoice(symbol) {
    deskPanels.write(document.getElementById("symbol"), symbol || "");
    deskWatchlist.select(symbol);
  }

  function ask(_, chosen) {
    const isFirst = state.symbol === null, symbol = isFirst ? firstSymbol(chosen) : chosen, adjusted = deskStudies.isAdjusted();
    const isOther = symbol !== state.symbol, now = performance.now();
    const isOverdue = state.askedAt === null ? deskSocket.isAnswerDue(state.wholeAt) : now - state.askedAt >= OVERDUE;
    const isDue = isOther || adjusted !== state.adjusted || isOverdue;
    if (!isDue) return dash_clientside.no_update;
    if (isOther && !state.target) state.target = deskWindow.current(state.interval);
    if (isOther) showChoice(symbol);
    Object.assign(state, { symbol, adjusted, askedAt: now });
    if (isOther && !isFirst && symbol !== state.fallback) deskAddress.keep(state);
    if (isOther) { state.fallback = null; followAddress(); }
    return request();
  }

  function apply(answer) {
    if (!answer) return;
    state.askedAt = null;
    state.answeredAt = state.wholeAt = performance.now();
    const isOvertaken = answer.generation === state.generation && answer.sequence < state.sequence;
    const delta = isOvertaken ? deskSocket.newer(answer) : answer;
    if (!delta) return;
    if (delta.generation !== state.generation) reset(delta.generation);
    state.sequence = delta.sequence;
    deskWatchlist.apply(delta.rows, Boolean(delta.now));
    deskAlerts.apply(delta.alerts, delta.heading ? delta.heading.clock : delta.now);
    deskPanels.message("warning", delta.warning);
    deskPanels.notice(delta.notice);
    deskPanels.strip(delta);
    Object.assign(state, { now: delta.now, isCurrent: delta.is_current, age: delta.age, isRecorded: delta.is_recorded, sources: delta.sources });
    offerSymbols();
    deskSources.follow(delta);
    if (delta.symbol === state.symbol && delta.interval === state.interval) applySymbol(delta);
    keepTime();
  }

  // What quotes and closed bars have changed: see 8_socket.js.
  function applyTick(tick) {
    if (tick.generation === state.generation && tick.sequence < state.sequence) return;
    if (tick.generation !== state.generation) reset(tick.generation);
    Object.assign(state, { sequence: tick.sequence, answeredAt: performance.now(), now: tick.now, isCurrent: tick.is_current, age: tick.age });
    deskWatchlist.apply(tick.rows, Boolean(tick.now));
    deskAlerts.apply(tick.alerts, tick.heading ? tick.heading.clock : tick.now);
    offerSymbols();
    const { answer } = state, isShownHere = tick.symbol === state.symbol && tick.interval === state.interval;
    if (isShownHere && answer && answer.symbol === tick.symbol && answer.interval === tick.interval) applySymbol({ ...answer, ...tick });
    keepTime();
  }

  function reset(generation) {
    if (state.generation) {
      deskWatchlist.clear();
      deskAlerts.clear();
      state.stale = true;
    }
    state.generation = generation;
  }

  function applySymbol(delta) {
    Object.assign(state, { clock: delta.heading, answer: delta });
    deskInspector.show(delta, deskWatchlist.row(delta.symbol));
    applyBars(delta);
  }

  function applyBars(delta) {
    if (delta.adjusted !== state.adjusted) return; // requested before the setting was changed
    const isLoaded = deskChart.holds(delta.symbol, delta.interval), view = deskChart.view(), count = isLoaded && view.bars.length;
    const { decimals, currency } = deskWatchlist.row(delta.symbol), { adjusted, actions } = delta;
    state.look = { adjusted, actions, decimals, currency };
    if (isLoaded && Object.entries(state.look).some(([name, value]) => view[name] !== value)) state.stale = true;
    if (isShown() && delta.after !== deskChart.lastStart()) return; // requested before the chart was loaded
    const follows = isShown() && delta.bars !== null && deskChart.tick(delta.bars, delta.open, delta.fan);
    if (!follows) load();
    else if (view.bars.length !== count && deskWindow.isFew() && deskWindow.range()) deskWindow.show({ range: deskWindow.range() });
    else deskHistory.extend();
  }

  // Before its first read a restarted server has no symbols, so the choice is kept. A choice made at this moment may not be
  // in `state` yet, so the value is set only if the current symbol is not offered any more.
  function offerSymbols() {
    if (!state.now) return;
    const symbols = deskWatchlist.symbols();
    if (symbols.join() === state.offered) return;
    state.offered = symbols.join();
    const isOffered = symbols.includes(state.symbol);
    if (!isOffered) state.fallback = deskAddress.instead(state.symbol, symbols); // no choice of the user: it is not stored
    deskAddress.report(isOffered ? state.symbol : state.fallback, state.interval);
    if (!isOffered) dash_clientside.set_props("symbol", { value: state.fallback });
  }

  // One load at a time, for the current choice; after a failure a later delta retries.
  async function load() {
    const { symbol, interval, clock, look } = state, target = state.target || deskWindow.current(interval);
    state.target = target;
    const wanted = JSON.stringify([symbol, interval, look, target]), what = `the bars of ${symbol}, ${interval}`;
    if (!clock || clock.symbol !== symbol || !look || state.loading === wanted || !deskHistory.isDue(what)) return;
    state.loading = wanted;
    const found = await deskHistory.gather({ symbol, interval, ...look }, target);
    if (state.loading !== wanted) return;
    state.loading = null;
    deskHistory.note(found, what);
    const { answer } = state, isWanted = symbol === state.symbol && interval === state.interval;
    if (!found || !isWanted || answer.symbol !== symbol || answer.interval !== interval) return;
    deskChart.load({ symbol, interval, zone: clock.zone, ...look }, found, answer.fan);
    deskChart.tick({}, answer.open, answer.fan);
    Object.assign(state, { stale: false, target: null });
    deskWindow.show(target);
  }

  // Between responses: updates the clock and the age of the data, and detects a server that does not respond.
  function keepTime() {
    const now = performance.now();
    if (now - state.keptAt > ASLEEP && !document.hidden) state.awakeAt = now;
    state.keptAt = now;
    if (state.answeredAt === null) return;
    const passed = now - state.answeredAt, waited = Math.min(passed, now - state.awakeAt);
    deskFreshness.update(state, passed / 1000, waited / 1000);
    followAddress();
  }

  // Sends a request at once, as after a change of the prices.
  function askNow() { dash_clientside.set_props("ask", { data: ask(null, state.symbol) }); }

  window.setInterval(keepTime, 500);
  window.deskGo = { bar: goToBar, ask: askNow, reset: () => chooseRange(deskWindow.range() || deskWindow.first(state.interval)) };
  window.deskTicks = { request, apply: applyTick, isReady: () => state.answeredAt !== null && state.symbol !== null };
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.desk = {
    ask, apply, begin,
    switch_feed: (clicks) => { if (clicks) deskSources.switchFeed(); },
  };
})();
