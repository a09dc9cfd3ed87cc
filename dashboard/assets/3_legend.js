// The legend of each pane: names and values of the bar under the crosshair, else of one that was clicked in the list of
// alerts, else of the newest bar.
(function () {
  "use strict";
  let labels = {}, cells = [], time = null, clicked = null;
  const rows = new ResizeObserver(place);
  const places = new Map(); // by pane: where its legend is, and where a new one begins

  function setLabels(names) { labels = names; }

  function span(parent, className, text) {
    const element = document.createElement("span");
    element.className = className;
    element.textContent = text || "";
    parent.append(element);
    return element;
  }

  // Rebuilt only if other series are drawn.
  let built = "", tallest = new Map();
  function build(names, drawn) {
    const { symbol, interval, decimals, currency, adjusted } = deskChart.view();
    const wanted = JSON.stringify([names, drawn.map((spec) => spec.id), symbol, interval, decimals, currency, adjusted]);
    if (wanted !== built) { built = wanted; fill(names, drawn); }
    refresh();
    requestAnimationFrame(watch);
  }

  function fill(names, drawn) {
    const legends = document.getElementById("legends");
    tallest = new Map(names.map((name) => [name, 0]));
    cells = [];
    legends.replaceChildren(...names.map((name) => {
      const legend = document.createElement("div");
      legend.className = "legend num";
      Object.assign(legend.style, places.get(name) || { visibility: "hidden" });
      if (name === "price") price(legend);
      studies(legend, drawn.filter((spec) => spec.pane === name && spec.study));
      return legend;
    }));
  }

  function price(legend) {
    const view = deskChart.view();
    span(legend, "legend-name", view.symbol);
    span(legend, "quiet", view.interval);
    if (view.currency) span(legend, "quiet", view.currency);
    if (view.adjusted && view.actions) span(legend, "quiet", "adjusted");
    const prices = span(legend, "prices");
    for (const names of [["open", "high"], ["low", "close"]]) {
      const half = span(prices, "pair"); // where four prices are too long for a line, it breaks between high and low
      for (const name of names) {
        span(half, "quiet", name[0].toUpperCase());
        cells.push({ element: span(half, "value"), text: ({ bar }) => deskFormat.plain(bar[name], view.decimals) });
      }
    }
    cells.push({ element: span(legend, "value"), text: change, isSigned: true });
    cells.push({ element: span(legend, "quiet actions"), text: actions });
    const row = document.createElement("i");
    row.className = "break";
    legend.append(row);
  }

  function change({ bar, before }) {
    return `${deskFormat.signed((bar.close / (before ? before.close : bar.open) - 1) * 100, 2)} %`;
  }

  // Splits and dividends that took effect with this bar, and its alerts.
  function actions({ bar, before }) {
    const found = deskChart.view().marks.filter(({ time }) => before && before.start < time && time <= bar.start);
    return [...found.map(({ text }) => text), ...deskAlerts.texts(bar.start)].join(", ");
  }

  function studies(legend, drawn) {
    const view = deskChart.view();
    for (const study of Object.keys(labels).filter((key) => drawn.some((spec) => spec.study === key))) {
      const own = drawn.filter((spec) => spec.study === study);
      const colour = own.find((spec) => spec.id === study) || own[0];
      const group = span(legend, "study"), pair = span(group, "pair"); // a name and its first value stay on one line
      span(pair, "study-name", labels[study]).style.color = `var(${colour.options.color})`;
      const lines = own.filter((spec) => !spec.tint), columns = own.filter((spec) => spec.tint);
      for (const [index, spec] of [...lines, ...columns].entries()) {
        const text = ({ bar }) => deskFormat.cell(bar[spec.column], spec.unit, view.decimals);
        cells.push({ element: span(index ? group : pair, "value"), text, colour: ({ bar }) => colourOf(spec, bar) });
      }
    }
  }

  // A value has the opaque colour of its series; a volume that of its candle.
  function colourOf(spec, bar) {
    if (!spec.tint || spec.tint.by === "sign") return `var(${spec.options.color})`;
    return bar.close >= bar.open ? "var(--up)" : "var(--down)";
  }

  function refresh() {
    const view = deskChart.view(), isHere = clicked && view && deskChart.holds(clicked.symbol, clicked.interval);
    const found = view && ((isHere && deskChart.barOf(clicked.start)) || deskChart.barAt(time));
    if (!found || !found.bar) return;
    for (const { element, text, isSigned, colour } of cells) {
      const content = text(found);
      if (element.textContent !== content) element.textContent = content;
      if (colour) element.style.color = colour(found);
      if (isSigned) element.className = `value ${deskFormat.tone(content)}`;
    }
  }

  function point(crosshair) {
    time = crosshair && crosshair.time !== undefined ? crosshair.time : null;
    if (time !== null) clicked = null;
    refresh();
  }

  // Shows the bar of an alert until the pointer is at a bar, or another part of the chart is chosen.
  function pin(alert) {
    clicked = alert;
    refresh();
  }

  window.addEventListener("click", ({ target }) => { if (target.closest("#latest, #ranges")) pin(null); });

  // The library creates the rows of its panes with the next frame.
  function watch() {
    rows.disconnect();
    for (const element of [...deskCanvas.rows(), ...document.getElementById("legends").children]) {
      if (element) rows.observe(element);
    }
    place();
  }

  // A legend reserves space for the most lines it has had, so that the chart does not jump when values change length.
  function place() {
    const found = deskCanvas.rows(), names = [...tallest.keys()], shares = {};
    [...document.getElementById("legends").children].forEach((legend, index) => {
      if (!found[index]) return;
      const name = names[index], height = Math.max(tallest.get(name), legend.offsetHeight);
      tallest.set(name, height);
      places.set(name, { top: `${found[index].offsetTop + 6}px`, right: `${deskCanvas.axisWidth() + 12}px`, visibility: "" });
      Object.assign(legend.style, places.get(name));
      shares[name] = Math.min(0.5, (height + 10) / found[index].offsetHeight);
    });
    deskChart.leaveRoom(shares);
  }

  window.deskLegend = { setLabels, build, refresh, point, pin };
})();
