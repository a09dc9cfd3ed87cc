// Owns all objects of the chart library. The other scripts pass what is to be drawn.
(function () {
  "use strict";
  const KINDS = { candlestick: "CandlestickSeries", line: "LineSeries", histogram: "HistogramSeries" };
  const HALF_LETTER = 3.4; // half the width of a letter on the time axis, in pixels
  const held = new Map(); // by id: the specification of a series and the library's objects for it
  let chart = null, look = {}, panes = [], pointed = null, wanted = null, isMoved = false, onMove = () => {}, onPoint = () => {};

  // The library cuts off a label at the edge of the time axis; such a label is omitted. It also caches formatted labels by
  // key. Whether a label fits depends on its position, so every call returns a new key.
  function axis() {
    let calls = 0;
    return new (class extends LightweightCharts.defaultHorzScaleBehavior() {
      cacheKey() { return (calls += 1); }
      formatTickmark(mark, localization) {
        const text = super.formatTickmark(mark, localization), scale = chart.timeScale();
        const x = scale.logicalToCoordinate(mark.index), half = text.length * HALF_LETTER + 2;
        return x < half || x > scale.width() - half ? "" : text;
      }
    })();
  }

  // `point` is called with the library's crosshair event, `move` after each move along the time axis.
  function create(options, { point, move }) {
    const { axisTick, axisTime } = deskFormat;
    look = options;
    chart = LightweightCharts.createChartEx(document.getElementById("chart"), axis(), {
      ...deskTheme.painted(options), autoSize: true,
      timeScale: { ...deskTheme.painted(options.timeScale), tickMarkFormatter: axisTick },
      localization: { timeFormatter: axisTime, dateFormat: "yyyy-MM-dd" },
    });
    onMove = move;
    onPoint = (event) => { pointed = event; point(event); };
    chart.subscribeCrosshairMove(onPoint);
    chart.timeScale().subscribeVisibleLogicalRangeChange(moved);
    clearOnLeave(chart.chartElement());
  }

  // After a drag that ends outside its pane the library keeps the crosshair, so it is cleared here. The library does not
  // report the clearing.
  function clearOnLeave(element) {
    element.addEventListener("mouseleave", unpoint);
    window.addEventListener("mouseup", ({ target }) => { if (!element.contains(target)) requestAnimationFrame(unpoint); });
  }

  // The library also reports moves during a change of the data; they are handled after it, before the next frame.
  function moved() {
    if (isMoved) return;
    isMoved = true;
    requestAnimationFrame(() => {
      isMoved = false;
      if (!wanted) onMove();
    });
  }

  // Draws a list of series. Each has an id, type, pane, data and options, and optionally priceLines, markers and scale
  // options. Data are passed to the library only if the array is a different one; ticks change it in place.
  function draw(list, names) {
    const ids = list.map(({ id }) => id), isReordered = ids.join() !== [...held.keys()].join();
    for (const id of [...held.keys()]) if (!ids.includes(id)) remove(id);
    const isMoved = list.map(put).includes(true);
    for (const { id, markers } of list) if (markers) mark(held.get(id), markers, isMoved);
    if (isReordered) order(list);
    if (names.join() !== panes.join()) arrange(names);
  }

  function remove(id) {
    chart.removeSeries(held.get(id).series);
    held.delete(id);
  }

  function paneOf(name) {
    const found = [...held.values()].find(({ spec }) => spec.pane === name);
    return found ? found.series.getPane().paneIndex() : held.size ? chart.panes().length : 0;
  }

  // The visible prices of a series include its guide lines, which say how high or low its values are.
  function includeGuides(levels) {
    return (original) => {
      const found = original(), range = found && found.priceRange;
      if (!range) return found;
      const minValue = Math.min(range.minValue, ...levels), maxValue = Math.max(range.maxValue, ...levels);
      return { ...found, priceRange: { minValue, maxValue } };
    };
  }

  function make(spec) {
    const levels = (spec.priceLines || []).map(({ price }) => price);
    const own = deskTheme.painted(spec.options);
    const options = levels.length ? { ...own, autoscaleInfoProvider: includeGuides(levels) } : own;
    const series = chart.addSeries(LightweightCharts[KINDS[spec.type]], options, paneOf(spec.pane));
    const guides = (spec.priceLines || []).map((line) => series.createPriceLine(deskTheme.painted(line)));
    const made = { series, guides, spec: { ...spec, data: null }, marked: [], markers: null, line: null };
    held.set(spec.id, made);
    return made;
  }

  const differ = (one, other) => JSON.stringify(one) !== JSON.stringify(other);

  // Returns whether the series has other data.
  function put(spec) {
    const own = held.get(spec.id) || make(spec), { series, spec: before } = own;
    if (before.options !== spec.options && differ(before.options, spec.options)) series.applyOptions(deskTheme.painted(spec.options));
    if (spec.scale && differ(own.scale, spec.scale)) series.priceScale().applyOptions(spec.scale);
    if (before.data !== spec.data) series.setData(spec.data);
    Object.assign(own, { spec, scale: spec.scale });
    return before.data !== spec.data;
  }

  // The library looks up the places of markers when they are set, or the data of their own series. The data of another
  // series, such as those of the symbol before, move the places too; so markers are set after the data of all series.
  function mark(own, markers, isMoved) {
    if (!isMoved && !differ(own.marked, markers)) return;
    own.marked = markers;
    const shown = deskTheme.painted(markers);
    if (own.markers) own.markers.setMarkers(shown);
    else if (shown.length) own.markers = LightweightCharts.createSeriesMarkers(own.series, shown);
  }

  // After a change of the theme: everything but the data gets its new colours.
  function recolour() {
    if (!chart) return;
    chart.applyOptions(deskTheme.painted(look));
    for (const own of held.values()) {
      own.series.applyOptions(deskTheme.painted(own.spec.options));
      own.guides.forEach((line, index) => line.applyOptions(deskTheme.painted(own.spec.priceLines[index])));
      if (own.markers) mark(own, own.marked, true);
    }
  }

  // The order of the list is the drawing order within each pane.
  function order(list) {
    const depth = {}, sorted = list.map((spec) => [spec.id, held.get(spec.id)]);
    for (const [, { spec, series }] of sorted) series.setSeriesOrder(depth[spec.pane] = (depth[spec.pane] ?? -1) + 1);
    held.clear();
    for (const [id, own] of sorted) held.set(id, own);
  }

  // After panes were added, removed or reordered: pane heights set by the user are reset.
  function arrange(names) {
    const stretch = { price: 6, volume: 1.1, rsi: 1.5, macd: 1.6 };
    names.forEach((name, index) => {
      const pane = chart.panes()[paneOf(name)];
      if (pane.paneIndex() !== index) pane.moveTo(index);
      pane.setStretchFactor(stretch[name] ?? stretch.rsi);
    });
    panes = [...names];
  }

  // A price line across the pane of a series with its label on the axis, visible at any scroll position.
  function tag(id, price, color) {
    const own = held.get(id);
    if (!own) return;
    const line = { price, color: deskTheme.colour(color), lineWidth: 1, lineStyle: 1, axisLabelVisible: true };
    if (own.line) own.line.applyOptions(line); else own.line = own.series.createPriceLine(line);
  }

  function tick(id, bar, isHistorical) { held.get(id)?.series.update(bar, Boolean(isHistorical)); }

  // The library moves with the next frame, which is delayed in a hidden page; until then `wanted` is the range.
  function setRange(range) {
    wanted = range;
    chart.timeScale().setVisibleLogicalRange(range);
    requestAnimationFrame(() => {
      if (wanted !== range) return;
      wanted = null;
      onMove();
    });
  }

  // Moves the crosshair to a bar, which its legend then shows.
  function pointAt(price, time) {
    chart.setCrosshairPosition(price, time, held.get("price").series);
    onPoint({ time });
  }

  function unpoint() {
    chart.clearCrosshairPosition();
    onPoint({});
  }

  // Enables auto-scaling of every price scale, also of one whose axis was dragged.
  function autoscale() {
    for (const { series } of held.values()) series.priceScale().setAutoScale(true);
  }

  window.deskCanvas = {
    create, draw, tag, tick, setRange, autoscale, recolour, pointAt, unpoint,
    range: () => wanted || chart.timeScale().getVisibleLogicalRange(),
    isSettled: () => wanted === null,
    width: () => chart.timeScale().width(),
    axisWidth: () => chart.priceScale("right").width(),
    rows: () => chart.panes().map((pane) => pane.getHTMLElement()),
    series: (id) => held.get(id)?.series,
    pointed: () => pointed,
    chart: () => chart,
  };
})();
