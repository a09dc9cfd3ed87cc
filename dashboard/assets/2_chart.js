// The live chart: history as columns becomes series, a delta becomes ticks. Nothing is drawn anew on a tick.
(function () {
  "use strict";
  const PANES = [["price", 6], ["volume", 1.1], ["rsi", 1.5], ["macd", 1.6]];
  const RIGHT_MARGIN = 4, BESIDE_FAN = 2;
  let specs = [], shown = new Set(), room = {};
  let view = null; // what is on the chart: see load

  function setSpecs(series) { specs = series; }

  function row(columns, index) {
    const bar = {};
    for (const name in columns) bar[name] = columns[name][index];
    return bar;
  }

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

  // `chart` is what it shows and how: symbol, interval, zone, decimals, currency, adjusted. `fan` is what is expected.
  function load(chart, columns, marks, fan) {
    view = { ...chart, marks, bars: [], times: [], points: {}, lastStart: 0 };
    for (const spec of specs) view.points[spec.id] = [];
    columns.start.forEach((_, index) => append(row(columns, index)));
    if (view.bars.length) view.lastStart = view.bars.at(-1).start;
    deskFan.begin(view, fan);
    draw();
  }

  function format(spec) {
    if (spec.column === "volume") return { type: "volume" };
    const precision = spec.pane === "rsi" ? 1 : Math.min(8, view.decimals + (spec.pane === "macd" ? 2 : 0));
    return { type: "price", precision, minMove: 1 / 10 ** precision };
  }

  // A split or a dividend is marked at the first bar it holds for, where there is one before it.
  function markers() {
    return view.marks.flatMap(({ time, letter }) => {
      const index = view.bars.findIndex((bar) => bar.start >= time);
      if (index < 1) return [];
      const color = letter === "S" ? "#f5c542" : "#5aa9ff";
      return [{ time: view.times[index], position: "belowBar", shape: "circle", size: 0.6, color, text: letter }];
    });
  }

  // The price pane leaves room for its legend, however many lines that has.
  function margins(spec, first) {
    if (spec !== first) return {};
    const bottom = spec.pane === "volume" ? 0 : 0.06;
    return { priceScaleOptions: { scaleMargins: { top: Math.max(0.06, room[spec.pane] || 0), bottom } } };
  }

  function leaveRoom(shares) {
    const moved = Object.keys(shares).some((pane) => Math.abs(shares[pane] - (room[pane] || 0)) > 0.015);
    if (!moved) return;
    room = shares;
    draw();
  }

  // Series keep their data array, so that a switched study leaves the others as they are.
  function draw(news = {}) {
    if (!view) return;
    const drawn = specs.filter((spec) => !spec.study || shown.has(spec.study));
    const panes = PANES.filter(([name]) => drawn.some((spec) => spec.pane === name));
    const number = Object.fromEntries(panes.map(([name], index) => [name, index]));
    const series = drawn.map((spec) => ({
      id: spec.id, type: spec.type, pane: number[spec.pane], data: view.points[spec.id],
      options: { ...spec.options, priceFormat: format(spec) }, priceLines: spec.priceLines || [],
      ...margins(spec, drawn.find((other) => other.pane === spec.pane)),
      ...(spec.id === "price" && { markers: markers() }),
    }));
    dash_clientside.set_props("chart", {
      series: [...deskFan.series(shown.has("forecast"), format({ pane: "price" })), ...series],
      ...news,
      paneOptions: panes.map(([, stretchFactor]) => ({ stretchFactor })),
    });
    deskLegend.build(panes.map(([name]) => name), drawn);
    deskSources.empty();
    describe();
  }

  function show(studies) {
    shown = new Set(studies);
    draw();
  }

  function zoom(seconds) {
    if (!view || !view.bars.length) return;
    const newest = view.bars.at(-1).start;
    const first = view.bars.findIndex((bar) => bar.start > newest - seconds);
    const to = view.bars.length - 1 + Math.max(RIGHT_MARGIN, deskFan.ahead(view) + BESIDE_FAN);
    dash_clientside.set_props("chart", { visibleLogicalRange: { from: Math.min(first, to - 20), to } });
  }

  // Where the axis is drawn anew the chart stays where it is; who saw the end of it, at `reached`, is to see it still.
  function scrolled(reached) {
    const range = dash_component_api.getLayout("chart").props.visibleLogicalRange;
    const moved = view.bars.length - 1 + deskFan.ahead(view) - reached;
    if (!range || range.to < reached || moved === 0) return {};
    return { visibleLogicalRange: { from: range.from + moved, to: range.to + moved } };
  }

  function isDrawn(bar) {
    const last = view.bars.at(-1);
    return last !== undefined && Object.keys(bar).every((name) => bar[name] === last[name]);
  }

  // Bars that closed, then the open one, then what is expected of the next ones. False where they don't follow what is drawn: the chart must load anew.
  function tick(closed, open, fan) {
    const rows = (closed.start || []).map((_, index) => row(closed, index));
    if (rows.length) view.lastStart = rows.at(-1).start;
    if (open.start && open.start[0] > view.lastStart) rows.push(row(open, 0));
    const before = view.bars.length, reached = before - 1 + deskFan.ahead(view);
    const ticks = [];
    for (const bar of rows) {
      const last = view.bars.length ? view.bars.at(-1).start : 0;
      if (bar.start < last) return false;
      if (isDrawn(bar)) continue;
      if (bar.start === last) replaceLast(bar); else append(bar);
      for (const spec of specs) {
        if (!spec.study || shown.has(spec.study)) ticks.push({ id: spec.id, bar: view.points[spec.id].at(-1) });
      }
    }
    const moves = deskFan.follow(view, fan);
    ticks.push(...(moves || []));
    if (!moves) draw({ tick: ticks, ...scrolled(reached) });
    else if (ticks.length) dash_clientside.set_props("chart", { tick: ticks });
    deskLegend.refresh();
    if (view.bars.length !== before) { deskSources.empty(); describe(); }
    return true;
  }

  function barAt(time) {
    const isNewest = time === null || time === undefined || time > view.times.at(-1);
    const index = isNewest ? view.times.length - 1 : view.times.indexOf(time);
    return index < 0 ? null : { bar: view.bars[index], before: view.bars[index - 1] };
  }

  // What the canvas shows, in words, for those who can't see it.
  function describe() {
    const words = document.getElementById("summary");
    if (!view.bars.length) { words.textContent = `${view.symbol}: no bars yet.`; return; }
    const last = view.bars.at(-1), first = view.bars[0], price = (value) => deskFormat.money(value, view.decimals, view.currency);
    const high = Math.max(...view.bars.map((bar) => bar.high)), low = Math.min(...view.bars.map((bar) => bar.low));
    const when = (bar) => deskFormat.fullClock(bar.start, view.zone);
    const rsi = last.rsi === null ? "" : ` RSI ${deskFormat.plain(last.rsi, 1)}.`;
    const how = view.adjusted ? "adjusted bars" : "bars";
    words.textContent = `${view.symbol}, ${view.bars.length} ${how} of ${view.interval} from ${when(first)} to ` +
      `${when(last)}. Last price ${price(last.close)}, highest ${price(high)}, lowest ${price(low)}.${rsi}`;
  }

  window.deskChart = {
    setSpecs, load, show, zoom, tick, barAt, leaveRoom,
    view: () => view,
    forget: () => { view = null; },
    isDaily: () => view !== null && view.interval === "1d",
    isEmpty: () => view !== null && view.bars.length === 0,
    holds: (symbol, interval) => view !== null && view.symbol === symbol && view.interval === interval,
    lastStart: () => (view ? view.lastStart : 0),
  };
})();
