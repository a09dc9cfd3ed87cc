// The chart by keyboard: a cursor on its bars, moving and zooming.
(function () {
  "use strict";
  const STEP = 0.1, ZOOM = 0.8; // shares of the visible bars
  let index = null; // of the bar under the cursor

  const bars = () => deskChart.view()?.bars || [];

  function cursor(by) {
    const range = deskCanvas.range(), last = bars().length - 1;
    if (!range || last < 0) return;
    const first = index === null ? Math.min(last, Math.floor(range.to)) + (by < 0 ? 1 : 0) : index;
    index = Math.max(0, Math.min(last, first + by));
    if (index < range.from || index > range.to) move((index < range.from ? -1 : 1) * 0.5);
    deskCanvas.pointAt(bars()[index].close, deskChart.view().times[index]);
  }

  function move(share) {
    const { from, to } = deskCanvas.range(), by = (to - from) * share;
    deskCanvas.setRange({ from: from + by, to: to + by });
  }

  function zoom(factor) {
    const { from, to } = deskCanvas.range();
    deskCanvas.setRange({ from: to - (to - from) * factor, to });
  }

  const ACTIONS = {
    ArrowLeft: () => cursor(-1), ArrowRight: () => cursor(1), "Shift+ArrowLeft": () => move(-STEP), "Shift+ArrowRight": () => move(STEP),
    "Ctrl+ArrowUp": () => zoom(ZOOM), "Ctrl+ArrowDown": () => zoom(1 / ZOOM), "+": () => zoom(ZOOM), "-": () => zoom(1 / ZOOM),
    End: () => document.getElementById("latest").click(),
  };

  function press(event) {
    const { key, ctrlKey, metaKey, altKey, shiftKey } = event, isArrow = key.startsWith("Arrow");
    const name = `${ctrlKey || metaKey ? "Ctrl+" : ""}${shiftKey && isArrow ? "Shift+" : ""}${key}`;
    if (altKey || !Object.hasOwn(ACTIONS, name) || !bars().length) return;
    event.preventDefault();
    ACTIONS[name]();
  }

  function reset(event) {
    if (event.altKey && event.code === "KeyR" && !event.ctrlKey && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      deskGo.reset();
    }
  }

  function begin() {
    const canvas = document.querySelector(".canvas");
    canvas.addEventListener("keydown", press);
    canvas.addEventListener("blur", () => { if (index !== null) deskCanvas.unpoint(); index = null; });
    canvas.addEventListener("pointerdown", () => { index = null; });
    document.addEventListener("keydown", reset);
  }

  window.deskChartKeys = { begin };
})();
