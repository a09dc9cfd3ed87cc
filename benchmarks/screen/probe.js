// Notes what a viewer sees: when a price is painted, when the chart is drawn, long tasks and layout shift. It serves the
// desk and the tutorial's page, whose figure is one of Plotly.
(function () {
  "use strict";
  const probe = { paints: [], longTasks: [], shift: 0, drawnAt: null };
  let text = null, plotted = null, waiting = null;
  const plot = () => document.querySelector(".js-plotly-plot");

  function price() {
    const last = document.getElementById("last");
    return last ? last.textContent : plotted && String(plotted.close);
  }

  function drawn() {
    const view = window.deskChart && window.deskChart.view();
    if (view && view.bars.length) return view.symbol;
    return plotted && plotted.symbol;
  }

  // Plotly says itself when a figure is drawn.
  function listen() {
    const figure = plot();
    if (!figure || figure.noted || !figure.on) return;
    figure.noted = true;
    const note = () => { plotted = { symbol: figure.data[0].name, close: figure.data[0].close.at(-1) }; };
    figure.on("plotly_afterplot", note);
    if (figure.data && figure.data.length) note();
  }

  // A message that a frame sends arrives once the frame is painted.
  const painted = new MessageChannel();
  let shown = null;
  painted.port1.onmessage = () => {
    const now = performance.now(), found = price();
    if (found !== text) { text = found; probe.paints.push([performance.timeOrigin + now, found]); }
    if (shown && probe.drawnAt === null) probe.drawnAt = now;
    if (waiting && shown === waiting.symbol) { waiting.resolve(now - waiting.since); waiting = null; }
  };
  function frame() {
    listen();
    shown = drawn();
    painted.port2.postMessage(null);
    requestAnimationFrame(frame);
  }
  requestAnimationFrame(frame);

  function observe(type, note) {
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
  }
  observe("longtask", ({ startTime, duration }) => probe.longTasks.push([startTime, duration]));
  observe("layout-shift", ({ value, hadRecentInput }) => { if (!hadRecentInput) probe.shift += value; });

  // Milliseconds from the choice of a symbol until its chart is painted.
  probe.switchTo = (symbol) => new Promise((resolve) => {
    waiting = { symbol, resolve, since: performance.now() };
    const cell = document.querySelector(`.ag-row[row-id='${symbol}'] [col-id='symbol']`);
    if (cell) cell.click(); else window.dash_clientside.set_props("symbol", { value: symbol });
  });

  window.screenProbe = probe;
})();
