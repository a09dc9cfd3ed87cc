// The chart on the page: the one place that holds the library's objects. The others say what is to be drawn on it.
(function () {
  "use strict";
  const KINDS = { candlestick: "CandlestickSeries", line: "LineSeries", histogram: "HistogramSeries" };
  const LETTER = 3.4; // half the width of a letter of the time axis, in pixels
  const held = new Map(); // by id: what was asked for, and the library's objects that show it
  let chart = null, panes = [], pointed = null, wanted = null, isMoved = false, hearMove = () => {}, hearPoint = () => {};

  // The library cuts a label of the time axis that reaches over its edge; such a label is left out. It also keeps the
  // labels it has formatted, by a key; where a label stands changes with every move, so no key occurs twice.
  function axis() {
    let asked = 0;
    return new (class extends LightweightCharts.defaultHorzScaleBehavior() {
      cacheKey() { return (asked += 1); }
      formatTickmark(mark, localization) {
        const text = super.formatTickmark(mark, localization), scale = chart.timeScale();
        const x = scale.logicalToCoordinate(mark.index), half = text.length * LETTER + 2;
        return x < half || x > scale.width() - half ? "" : text;
      }
    })();
  }

  // `listeners` are called with the library's event under the pointer, and after each move along the time axis.
  function create(options, { point, move }) {
    const { axisTick, axisTime } = deskFormat;
    chart = LightweightCharts.createChartEx(document.getElementById("chart"), axis(), {
      ...options, autoSize: true,
      timeScale: { ...options.timeScale, tickMarkFormatter: axisTick },
      localization: { timeFormatter: axisTime, dateFormat: "yyyy-MM-dd" },
    });
    hearMove = move;
    hearPoint = (event) => { pointed = event; point(event); };
    chart.subscribeCrosshairMove(hearPoint);
    chart.timeScale().subscribeVisibleLogicalRangeChange(moved);
    leave(chart.chartElement());
  }

  // A drag that ends beside its pane leaves the crosshair behind: it has to go with the pointer. The library does not
  // report that it was cleared.
  function leave(element) {
    const clear = () => { chart.clearCrosshairPosition(); hearPoint({}); };
    element.addEventListener("mouseleave", clear);
    window.addEventListener("mouseup", ({ target }) => { if (!element.contains(target)) requestAnimationFrame(clear); });
  }

  // The library reports moves also amid a change of the data: they are heard once it is over, before the next picture.
  function moved() {
    if (isMoved) return;
    isMoved = true;
    requestAnimationFrame(() => {
      isMoved = false;
      if (!wanted) hearMove();
    });
  }

  // What is drawn: a series has an id, a type, a pane, data, options, and may have priceLines, markers and scale options.
  // Data are handed over again only where their array is another one; ticks change it in place.
  function draw(list, names) {
    const ids = list.map(({ id }) => id), isOther = ids.join() !== [...held.keys()].join();
    for (const id of [...held.keys()]) if (!ids.includes(id)) remove(id);
    for (const spec of list) put(spec);
    if (isOther) order(list);
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

  function make(spec) {
    const series = chart.addSeries(LightweightCharts[KINDS[spec.type]], spec.options, paneOf(spec.pane));
    for (const line of spec.priceLines || []) series.createPriceLine(line);
    const made = { series, spec: { ...spec, data: null, markers: null }, markers: null, line: null };
    held.set(spec.id, made);
    return made;
  }

  const differ = (one, other) => JSON.stringify(one) !== JSON.stringify(other);

  function put(spec) {
    const own = held.get(spec.id) || make(spec), { series, spec: before } = own;
    if (before.options !== spec.options && differ(before.options, spec.options)) series.applyOptions(spec.options);
    if (spec.scale && differ(own.scale, spec.scale)) series.priceScale().applyOptions(spec.scale);
    if (before.data !== spec.data) series.setData(spec.data);
    if (spec.markers && differ(before.markers, spec.markers)) mark(own, spec.markers);
    Object.assign(own, { spec, scale: spec.scale });
  }

  function mark(own, markers) {
    if (own.markers) own.markers.setMarkers(markers);
    else if (markers.length) own.markers = LightweightCharts.createSeriesMarkers(own.series, markers);
  }

  // The order of the list is that in which a pane's series lie above each other.
  function order(list) {
    const depth = {}, sorted = list.map((spec) => [spec.id, held.get(spec.id)]);
    for (const [, { spec, series }] of sorted) series.setSeriesOrder(depth[spec.pane] = (depth[spec.pane] ?? -1) + 1);
    held.clear();
    for (const [id, own] of sorted) held.set(id, own);
  }

  // Panes have another order, or one came or went: heights that somebody dragged are given up.
  function arrange(names) {
    const stretch = { price: 6, volume: 1.1, rsi: 1.5, macd: 1.6 };
    names.forEach((name, index) => {
      const pane = chart.panes()[paneOf(name)];
      if (pane.paneIndex() !== index) pane.moveTo(index);
      pane.setStretchFactor(stretch[name]);
    });
    panes = [...names];
  }

  // A line across the pane of a series, with its price on the axis, wherever the chart has been moved to.
  function tag(id, price, color) {
    const own = held.get(id);
    if (!own) return;
    const line = { price, color, lineWidth: 1, lineStyle: 1, axisLabelVisible: true };
    if (own.line) own.line.applyOptions(line); else own.line = own.series.createPriceLine(line);
  }

  function tick(id, bar, isHistorical) { held.get(id)?.series.update(bar, Boolean(isHistorical)); }

  // The library moves with the next frame, which a hidden page has to wait for; until then this is where it will be.
  function setRange(range) {
    wanted = range;
    chart.timeScale().setVisibleLogicalRange(range);
    requestAnimationFrame(() => {
      if (wanted !== range) return;
      wanted = null;
      hearMove();
    });
  }

  // Every price scale follows what is visible again, also one whose axis was dragged.
  function autoscale() {
    for (const { series } of held.values()) series.priceScale().setAutoScale(true);
  }

  window.deskCanvas = {
    create, draw, tag, tick, setRange, autoscale,
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
