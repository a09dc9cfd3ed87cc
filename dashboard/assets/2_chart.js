// The chart's data: converts columns of history to series, and deltas to ticks that update the series in place.
(function () {
  "use strict";
  const FINER = ["difference", "distance"]; // of two prices, which may be small
  let specs = [], shown = new Set(), room = {};
  let view = null; // the loaded chart: see load

  function setSpecs(series) { specs = series; }

  function row(columns, index) {
    const bar = {};
    for (const name in columns) bar[name] = columns[name][index];
    return bar;
  }

  const rows = (columns) => (columns.start || []).map((_, index) => row(columns, index));

  function point(spec, bar, time) {
    if (spec.type === "candlestick") return { time, open: bar.open, high: bar.high, low: bar.low, close: bar.close };
    const value = bar[spec.column];
    if (value === null || value === undefined) return { time };
    if (!spec.tint) return { time, value };
    const rises = spec.tint.by === "sign" ? value >= 0 : bar.close >= bar.open;
    return { time, value, color: deskTheme.colour(rises ? spec.tint.up : spec.tint.down) };
  }

  // The exchange's local time; it must increase also when clocks are set back.
  function axisTime(start) {
    const time = start + deskFormat.offset(start, view.zone);
    const before = view.times.at(-1);
    return before !== undefined && time <= before ? before + 1 : time;
  }

  function append(bar) {
    const time = axisTime(bar.start);
    view.bars.push(bar);
    view.times.push(time);
    for (const spec of specs) view.points[spec.id].push(point(spec, bar, time));
  }

  function replaceLast(bar) {
    view.bars[view.bars.length - 1] = bar;
    for (const spec of specs) view.points[spec.id].splice(-1, 1, point(spec, bar, view.times.at(-1)));
  }

  function fill(bars) {
    Object.assign(view, { bars: [], times: [], points: Object.fromEntries(specs.map(({ id }) => [id, []])) });
    bars.forEach(append);
  }

  // `chart`: symbol, interval, zone, decimals, currency, adjusted, actions. `found`: columns and marks of its bars, whether
  // older ones are stored, and `newest`, the newest two bars, for a detached history that ends before them. `fan`: the forecast.
  function load(chart, found, fan) {
    const bars = rows(found.columns), newest = found.newest ? rows(found.newest) : bars;
    view = {
      ...chart, marks: found.marks, hasOlder: found.has_older, hasNewer: Boolean(found.newest),
      apart: newest.slice(-2), lastStart: newest.length ? newest.at(-1).start : 0,
    };
    fill(bars);
    deskFan.begin(view, fan);
    deskAlerts.load(view);
    draw();
    deskCanvas.autoscale();
  }

  // Adds older bars before the drawn ones, which keep their position on the screen.
  function prepend(columns, hasOlder) {
    const range = deskCanvas.range(), older = rows(columns);
    view.hasOlder = hasOlder;
    if (!older.length) return;
    fill([...older, ...view.bars]);
    draw();
    if (range) deskCanvas.setRange({ from: range.from + older.length, to: range.to + older.length });
  }

  // Adds newer bars after those of a detached history.
  function appendNewer(columns, hasNewer) {
    const range = deskCanvas.range();
    view.hasNewer = hasNewer;
    fill([...view.bars, ...rows(columns)]);
    if (!hasNewer) view.lastStart = view.bars.at(-1).start; // the open bar follows with the next tick
    draw();
    if (range) deskCanvas.setRange(range);
  }

  // The newest bar and the one before it, also while the chart shows a detached history.
  function newest() {
    const [before, bar] = view.hasNewer ? view.apart.slice(-2) : [view.bars.at(-2), view.bars.at(-1)];
    return bar === undefined ? { bar: before } : { bar, before };
  }

  function format(spec) {
    if (spec.unit === "volume") return { type: "volume" };
    if (spec.unit === "share") return { type: "custom", formatter: (value) => deskFormat.cell(value, "share"), minMove: 0.001 };
    const precision = spec.unit === "number" ? 1 : Math.min(15, view.decimals + (FINER.includes(spec.unit) ? 2 : 0));
    return { type: "custom", formatter: (value) => deskFormat.plain(value, precision), minMove: 1 / 10 ** precision };
  }

  // A split or dividend is marked at the first bar it applies to, unless that is the first loaded bar.
  function markers() {
    const actions = view.marks.flatMap(({ time, letter }) => {
      const index = indexAfter(time - 1);
      if (index < 1 || index === view.bars.length) return [];
      const color = letter === "S" ? "--orange" : "--indigo";
      return [{ time: view.times[index], position: "belowBar", shape: "circle", size: 0.6, color, text: letter }];
    });
    return [...actions, ...deskAlerts.markers(timeOf)].sort((one, other) => one.time - other.time);
  }

  // The place on the axis of the bar that starts at `start`; null if it is not loaded.
  function timeOf(start) {
    const index = indexAfter(start) - 1;
    return index >= 0 && view.bars[index].start === start ? view.times[index] : null;
  }

  // Each pane leaves space for its legend, which may have several lines.
  function margins(spec, first) {
    if (spec !== first) return {};
    const bottom = spec.pane === "volume" ? 0 : 0.06;
    return { scale: { scaleMargins: { top: Math.max(0.06, room[spec.pane] || 0), bottom } } };
  }

  function leaveRoom(shares) {
    const moved = Object.keys(shares).some((pane) => Math.abs(shares[pane] - (room[pane] || 0)) > 0.015);
    if (!moved) return;
    room = shares;
    draw();
  }

  // Series keep their data arrays, so that toggling one study does not redraw the others.
  function draw() {
    if (!view) return;
    const drawn = specs.filter((spec) => !spec.study || shown.has(spec.study));
    const names = [...new Set(drawn.map((spec) => spec.pane))];
    const series = drawn.map((spec) => ({
      id: spec.id, type: spec.type, pane: spec.pane, data: view.points[spec.id],
      options: { ...spec.options, priceFormat: format(spec) }, priceLines: spec.priceLines,
      ...margins(spec, drawn.find((other) => other.pane === spec.pane)),
      ...(spec.id === "price" && { markers: markers() }),
    }));
    deskCanvas.draw([...deskFan.series(shown.has("forecast"), format({ unit: "price" })), ...series], names);
    tag();
    deskLegend.build(names, drawn);
    deskSources.empty();
    describe();
  }

  // The last price is labelled on the axis at any scroll position.
  function tag() {
    const last = newest().bar, price = specs.find(({ id }) => id === "price").options;
    if (last) deskCanvas.tag("price", last.close, last.close >= last.open ? price.upColor : price.downColor);
  }

  // After a change of the theme: columns have their colours in their data.
  function recolour() {
    if (!view) return;
    fill(view.bars);
    draw();
  }

  function show(studies) {
    shown = new Set(studies);
    draw();
  }

  // Redraws after the fan has changed and keeps the visible range; if its end, `reached`, was visible, it stays visible.
  function drawScrolled(range, reached) {
    const moved = view.bars.length - 1 + deskFan.ahead(view) - reached;
    draw();
    if (!range) return;
    const by = range.to < reached ? 0 : moved;
    deskCanvas.setRange({ from: range.from + by, to: range.to + by });
  }

  function isDrawn(bar) {
    const last = view.bars.at(-1);
    return last !== undefined && Object.keys(bar).every((name) => bar[name] === last[name]);
  }

  // Applies the closed bars, the open bar and the forecast. Returns false if they don't continue the drawn bars, so that
  // the chart must reload.
  function tick(closed, open, fan) {
    const newer = rows(closed);
    if (newer.length) view.lastStart = newer.at(-1).start;
    if (open.start && open.start[0] > view.lastStart) newer.push(row(open, 0));
    if (view.hasNewer) { newer.forEach(followApart); return true; }
    const before = view.bars.length, reached = before - 1 + deskFan.ahead(view), range = deskCanvas.range();
    if (newer.some((bar) => before && bar.start < view.bars.at(-1).start)) return false;
    const changed = newer.filter((bar) => !isDrawn(bar));
    changed.forEach(follow);
    const moves = deskFan.follow(view, fan);
    if (moves) for (const { id, bar, historicalUpdate } of moves) deskCanvas.tick(id, bar, historicalUpdate);
    else drawScrolled(range, reached);
    if (changed.length) tag();
    deskLegend.refresh();
    if (view.bars.length !== before) { deskSources.empty(); describe(); }
    return true;
  }

  // While a detached history is shown, new bars change the last price only.
  function followApart(bar) {
    const isSame = bar.start === view.apart.at(-1).start;
    view.apart = [...(isSame ? view.apart.slice(0, -1) : view.apart), bar].slice(-2);
    tag();
    deskLegend.refresh();
  }

  function follow(bar) {
    const last = view.bars.length ? view.bars.at(-1).start : 0;
    if (bar.start === last) replaceLast(bar); else append(bar);
    for (const spec of specs) {
      if (!spec.study || shown.has(spec.study)) deskCanvas.tick(spec.id, view.points[spec.id].at(-1));
    }
  }

  // The number of ascending `values` that are at most `limit`.
  function count(values, limit, read = (value) => value) {
    let low = 0, high = values.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (read(values[middle]) <= limit) low = middle + 1; else high = middle;
    }
    return low;
  }

  // The index of the first bar that starts after `second`, epoch seconds; the number of bars if there is none.
  function indexAfter(second) { return count(view.bars, second, (bar) => bar.start); }

  function barAt(time) {
    if (time === null || time === undefined || time > view.times.at(-1)) return newest();
    const index = count(view.times, time) - 1;
    if (index < 0 || view.times[index] !== time) return null;
    return { bar: view.bars[index], before: view.bars[index - 1] };
  }

  // A loaded bar by its start, and the one before it; null if it is not loaded.
  function barOf(start) {
    const index = indexAfter(start) - 1;
    return index >= 0 && view.bars[index].start === start ? { bar: view.bars[index], before: view.bars[index - 1] } : null;
  }

  // The text alternative of the chart for screen readers.
  function describe() {
    const target = document.getElementById("summary");
    if (!view.bars.length) { deskPanels.write(target, `${view.symbol}: no bars yet.`); return; }
    const last = view.bars.at(-1), first = view.bars[0], now = newest().bar, price = (value) => deskFormat.money(value, view.decimals, view.currency);
    let high = -Infinity, low = Infinity;
    for (const bar of view.bars) { high = Math.max(high, bar.high); low = Math.min(low, bar.low); }
    const when = (bar) => deskFormat.fullClock(bar.start, view.zone);
    const rsi = now.rsi === null ? "" : ` RSI ${deskFormat.plain(now.rsi, 1)}.`;
    const adjusted = view.adjusted ? ", adjusted," : "", oldest = view.hasOlder ? "" : " (oldest stored)";
    deskPanels.write(target, `${view.symbol}, ${deskFormat.bars(view.bars.length, view.interval)}${adjusted} from ${when(first)}${oldest} ` +
      `to ${when(last)}. Last price ${price(now.close)}, high ${price(high)}, low ${price(low)}.${rsi}`);
  }

  window.deskChart = {
    setSpecs, load, redraw: draw, recolour, prepend, appendNewer, newest, show, tick, barAt, barOf, indexAfter, leaveRoom,
    view: () => view,
    isDaily: () => view !== null && view.interval === "1d",
    isEmpty: () => view !== null && view.bars.length === 0,
    holds: (symbol, interval) => view !== null && view.symbol === symbol && view.interval === interval,
    lastStart: () => (view ? view.lastStart : 0),
  };
})();
