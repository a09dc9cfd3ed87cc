// The plot of the latest forecasts and the actual closes: loaded after a bar closed, drawn into existing elements.
(function () {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg", WIDTH = 300, HEIGHT = 84, LEFT = 2, RIGHT = 246, EDGE = 6, SIZE = 3.2;
  let wanted = "", drawn = "", parts = null;
  const byId = (id) => document.getElementById(id);

  function element(name, attributes) {
    const made = document.createElementNS(SVG, name);
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    return made;
  }

  function make() {
    const plot = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" });
    const path = (name) => element("path", { class: name });
    const label = () => element("text", { x: WIDTH - 2, "text-anchor": "end" });
    parts = { band: path("band"), mean: path("mean"), close: path("close"), outside: path("outside"), top: label(), bottom: label() };
    plot.append(...Object.values(parts));
    byId("outcomes-plot").append(plot);
  }

  // Path points for the values of one column.
  const line = (values, x, y) => values.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`);

  function paths({ close, mean, low, high }) {
    const top = Math.max(...high, ...close), bottom = Math.min(...low, ...close);
    const x = (index) => LEFT + ((RIGHT - LEFT) * (index + 0.5)) / close.length;
    const y = (value) => EDGE + ((HEIGHT - 2 * EDGE) * (top - value)) / (top - bottom || 1);
    const outside = close.map((value, index) => [value, index]).filter(([value, index]) => value < low[index] || value > high[index]);
    const diamond = ([value, index]) => `M${x(index).toFixed(1)},${(y(value) - SIZE).toFixed(1)}l${SIZE},${SIZE}l${-SIZE},${SIZE}l${-SIZE},${-SIZE}z`;
    return {
      top, bottom, y,
      band: `M${line(high, x, y).join("L")}L${line(low, x, y).reverse().join("L")}z`,
      mean: `M${line(mean, x, y).join("L")}h.1`,
      close: `M${line(close, x, y).join("L")}h.1`,
      outside: outside.map(diamond).join(""),
      misses: outside.length,
    };
  }

  function draw({ columns, text }, decimals) {
    byId("outcomes").hidden = !text;
    byId("outcomes").classList.remove("other");
    if (!text) return;
    if (!parts) make();
    const found = paths(columns);
    for (const name of ["band", "mean", "close", "outside"]) parts[name].setAttribute("d", found[name]);
    for (const [name, value] of [["top", found.top], ["bottom", found.bottom]]) {
      parts[name].setAttribute("y", found.y(value) + 3);
      deskPanels.write(parts[name], deskFormat.plain(value, decimals));
    }
    deskPanels.write(byId("outcomes-text"), found.misses ? `${text} \u25c7 marks those outside.` : text);
  }

  // Loads once after a bar closed, another chart was chosen or a share was split; after a failure the next delta retries.
  async function follow({ symbol, interval, fan, actions }, decimals) {
    const key = JSON.stringify([symbol, interval, fan && fan.start, actions, decimals]);
    if (key === wanted) return;
    wanted = ""; // the answer to an earlier request is not drawn any more
    const isOther = !drawn.startsWith(JSON.stringify([symbol, interval]).slice(0, -1));
    // A figure of another chart keeps its space until the new one is loaded, so that the panels below do not jump.
    byId("outcomes").classList.toggle("other", isOther);
    if (key === drawn) return;
    if (!fan) { byId("outcomes").hidden = true; drawn = key; return; }
    wanted = key;
    const found = await deskServer.json(`/api/v1/forecasts/${encodeURIComponent(symbol)}?interval=${interval}`);
    if (wanted !== key) return;
    wanted = "";
    if (!found) return;
    draw(found, decimals);
    drawn = key;
  }

  window.deskOutcomes = { follow };
})();
