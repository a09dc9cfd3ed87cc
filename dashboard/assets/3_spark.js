// A small line of prices: the first is the reference, drawn as a line across.
(function () {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg", WIDTH = 64, HEIGHT = 20, EDGE = 2;

  function part(name, className) {
    const made = document.createElementNS(SVG, name);
    made.setAttribute("class", className);
    return made;
  }

  function make() {
    const svg = part("svg", "spark"), reference = part("path", "trend-reference"), line = part("path", "");
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("aria-hidden", "true");
    svg.append(reference, line);
    return { svg, reference, line, drawn: "" };
  }

  function fill(parts, points) {
    const isEmpty = points.length < 2, low = Math.min(...points), span = Math.max(...points) - low || 1;
    const x = (index) => (index * WIDTH / (points.length - 1)).toFixed(1);
    const y = (price) => (HEIGHT - EDGE - (price - low) / span * (HEIGHT - 2 * EDGE)).toFixed(1);
    const drawn = isEmpty ? "" : points.map((price, index) => `${index ? "L" : "M"}${x(index)} ${y(price)}`).join("");
    if (drawn === parts.drawn) return;
    parts.drawn = drawn;
    parts.line.setAttribute("d", drawn);
    parts.line.setAttribute("class", isEmpty || points.at(-1) >= points[0] ? "trend-up" : "trend-down");
    parts.reference.setAttribute("d", isEmpty ? "" : `M0 ${y(points[0])}H${WIDTH}`);
  }

  window.deskSpark = { make, fill };
})();
