// What the chart shows: history as columns becomes series, a delta becomes ticks. Nothing is drawn anew on a tick.
(function () {
  "use strict";
  const PANES = ["price", "volume", "rsi", "macd"];
  let specs = [], shown = new Set(), room = {};
  let view = null; // what is on the chart: see load

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
    return { time, value, color: rises ? spec.tint.up : spec.tint.down };
  }

  // The exchange's wall time; where clocks are set back the axis must go on all the same.
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

  // `chart` is what it shows and how: symbol, interval, zone, decimals, currency, adjusted, actions. `found` are its bars:
  // columns and marks, whether older ones are stored, and where newer ones are left out the newest two: `newest`. `fan` is
  // what is expected.
  function load(chart, found, fan) {
    const bars = rows(found.columns), newest = found.newest ? rows(found.newest) : bars;
    view = {
      ...chart, marks: found.marks, hasOlder: found.has_older, hasNewer: Boolean(found.newest),
      apart: newest.slice(-2), lastStart: newest.length ? newest.at(-1).start : 0,
    };
    fill(bars);
    deskFan.begin(view, fan);
    draw();
    deskCanvas.autoscale();
  }

  // Older bars come before those that are drawn, which stay where they are on the screen.
  function prepend(columns, hasOlder) {
    const range = deskCanvas.range(), older = rows(columns);
    view.hasOlder = hasOlder;
    if (!older.length) return;
    fill([...older, ...view.bars]);
    draw();
    if (range) deskCanvas.setRange({ from: range.from + older.length, to: range.to + older.length });
  }

  // Newer bars come behind those of a past that was shown alone.
  function adjoin(columns, hasNewer) {
    const range = deskCanvas.range();
    view.hasNewer = hasNewer;
    fill([...view.bars, ...rows(columns)]);
    if (!hasNewer) view.lastStart = view.bars.at(-1).start; // the open bar follows with the next tick
    draw();
    if (range) deskCanvas.setRange(range);
  }

  // The newest bar and the one before it, also where the chart shows a past alone.
  function newest() {
    const [before, bar] = view.hasNewer ? view.apart.slice(-2) : [view.bars.at(-2), view.bars.at(-1)];
    return bar === undefined ? { bar: before } : { bar, before };
  }

  function format(spec) {
    if (spec.column === "volume") return { type: "volume" };
    const precision = spec.pane === "rsi" ? 1 : Math.min(15, view.decimals + (spec.pane === "macd" ? 2 : 0));
    return { type: "custom", formatter: (value) => deskFormat.plain(value, precision), minMove: 1 / 10 ** precision };
  }

  // A split or a dividend is marked at the first bar it holds for, where there is one before it.
  function markers() {
    return view.marks.flatMap(({ time, letter }) => {
      const index = indexAfter(time - 1);
      if (index < 1 || index === view.bars.length) return [];
      const color = letter === "S" ? "#f5c542" : "#5aa9ff";
      return [{ time: view.times[index], position: "belowBar", shape: "circle", size: 0.6, color, text: letter }];
    });
  }

  // The price pane leaves room for its legend, however many lines that has.
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

  // Series keep their data array, so that a switched study leaves the others as they are.
  function draw() {
    if (!view) return;
    const drawn = specs.filter((spec) => !spec.study || shown.has(spec.study));
    const names = PANES.filter((name) => drawn.some((spec) => spec.pane === name));
    const series = drawn.map((spec) => ({
      id: spec.id, type: spec.type, pane: spec.pane, data: view.points[spec.id],
      options: { ...spec.options, priceFormat: format(spec) }, priceLines: spec.priceLines,
      ...margins(spec, drawn.find((other) => other.pane === spec.pane)),
      ...(spec.id === "price" && { markers: markers() }),
    }));
    deskCanvas.draw([...deskFan.series(shown.has("forecast"), format({ pane: "price" })), ...series], names);
    tag();
    deskLegend.build(names, drawn);
    deskSources.empty();
    describe();
  }

  // The last price stands on the axis wherever the chart was moved to.
  function tag() {
    const last = newest().bar, price = specs.find(({ id }) => id === "price").options;
    if (last) deskCanvas.tag("price", last.close, last.close >= last.open ? price.upColor : price.downColor);
  }

  function show(studies) {
    shown = new Set(studies);
    draw();
  }

  // Where the fan is drawn anew the chart stays where it is; who saw the end of it, at `reached`, is to see it still.
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

  // Bars that closed, then the open one, then what is expected of the next ones. False where they don't follow what is
  // drawn: the chart must load anew.
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

  // What comes in while a past is shown alone changes the last price only.
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

  // How many of rising `values` are not above `most`.
  function count(values, most, read = (value) => value) {
    let low = 0, high = values.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (read(values[middle]) <= most) low = middle + 1; else high = middle;
    }
    return low;
  }

  // The first bar that starts after a moment, in epoch seconds; the number of bars where none does.
  function indexAfter(second) { return count(view.bars, second, (bar) => bar.start); }

  function barAt(time) {
    if (time === null || time === undefined || time > view.times.at(-1)) return newest();
    const index = count(view.times, time) - 1;
    if (index < 0 || view.times[index] !== time) return null;
    return { bar: view.bars[index], before: view.bars[index - 1] };
  }

  // What the canvas shows, in words, for those who can't see it.
  function describe() {
    const words = document.getElementById("summary");
    if (!view.bars.length) { deskPanels.write(words, `${view.symbol}: no bars yet.`); return; }
    const last = view.bars.at(-1), first = view.bars[0], now = newest().bar, price = (value) => deskFormat.money(value, view.decimals, view.currency);
    let high = -Infinity, low = Infinity;
    for (const bar of view.bars) { high = Math.max(high, bar.high); low = Math.min(low, bar.low); }
    const when = (bar) => deskFormat.fullClock(bar.start, view.zone);
    const rsi = now.rsi === null ? "" : ` RSI ${deskFormat.plain(now.rsi, 1)}.`;
    const how = view.adjusted ? ", adjusted," : "", oldest = view.hasOlder ? "" : ", the oldest that is stored,";
    deskPanels.write(words, `${view.symbol}, ${deskFormat.bars(view.bars.length, view.interval)}${how} from ${when(first)}${oldest} ` +
      `to ${when(last)}. Last price ${price(now.close)}, highest ${price(high)}, lowest ${price(low)}.${rsi}`);
  }

  window.deskChart = {
    setSpecs, load, prepend, adjoin, newest, show, tick, barAt, indexAfter, leaveRoom,
    view: () => view,
    isDaily: () => view !== null && view.interval === "1d",
    isEmpty: () => view !== null && view.bars.length === 0,
    holds: (symbol, interval) => view !== null && view.symbol === symbol && view.interval === interval,
    lastStart: () => (view ? view.lastStart : 0),
  };
})();
