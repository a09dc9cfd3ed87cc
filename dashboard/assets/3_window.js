// Which part of the time the chart shows: a range that was chosen, or the window that somebody moved to.
(function () {
  "use strict";
  const HOUR = 3600, DAY = 86400;
  // What a range covers in seconds before the newest bar, and the interval that it sets. One that counts days shows the
  // newest days that have bars: five of a share's are a week, five of a coin's are five.
  const RANGES = {
    "1h": [HOUR, "1m"], "3h": [3 * HOUR, "1m"], "1d": [DAY, "5m"], "5d": [10 * DAY, "15m", 5], "1mo": [31 * DAY, "1h"],
    "3mo": [92 * DAY, "1d"], "1y": [366 * DAY, "1d"], "all": [Infinity, "1d"],
  };
  const FIRST = { "1m": "3h", "5m": "1d", "15m": "5d", "1h": "1mo", "1d": "1y" }; // where nothing else is wanted
  const FEWEST = 20, FEWEST_PLACES = 12, RIGHT_MARGIN = 4, BESIDE_FAN = 2, SLACK = 1.5; // bars
  const EVENING = 15 * HOUR;
  let range = FIRST["1m"]; // the one that is lit; null where somebody moved elsewhere
  let resting = null; // how many bars were visible, and how far from the newest, when the range was shown

  function light() {
    for (const button of document.querySelectorAll("#ranges button")) {
      button.setAttribute("aria-pressed", String(button.dataset.range === range));
    }
  }

  function setRange(name) {
    range = name;
    resting = null;
    light();
  }

  // On a phone three hours would be a smear.
  function first(interval) { return interval === "1m" && window.innerWidth < 600 ? "1h" : FIRST[interval]; }

  // What is to be shown of an interval after a load that is to change nothing: `from` and `to` in epoch seconds, `to` null
  // at the newest bar.
  function current(interval) {
    const view = deskChart.view(), visible = view && view.bars.length ? deskCanvas.range() : null;
    if (range || !visible) return { range: range || first(interval) };
    const last = view.bars.length - 1, within = (index) => Math.max(0, Math.min(last, index));
    const from = view.bars[within(Math.ceil(visible.from))].start;
    return { from, to: visible.to >= last - 0.5 && !view.hasNewer ? null : endOf(view, within(Math.floor(visible.to))) };
  }

  // The last second of a bar. A day's is that of its date at the exchange; one that begins in the evening, as those of
  // futures, goes on through the next date.
  function endOf(view, index) {
    const { start } = view.bars[index], next = view.bars[index + 1], past = view.times[index] % DAY;
    const length = view.interval !== "1d" ? deskFormat.seconds(view.interval) : past < EVENING ? DAY - past : DAY;
    return Math.min(start + length, next ? next.start : Infinity) - 1;
  }

  // The moment that the oldest bar to be loaded starts after.
  function before(target, newestStart) {
    return target.range ? newestStart - RANGES[target.range][0] : target.from - 1;
  }

  // The most bars that can be told from each other; a chosen range is shown whole all the same.
  function most(target) { return target.range ? Infinity : Math.max(FEWEST, Math.floor(deskCanvas.width() / 2)); }

  // Whether `bars` of them, the oldest starting at `first` and the newest at `last`, are enough for a target.
  function covers(target, first, last, bars) {
    if (first <= before(target, last) + 1) return true;
    return !target.range && target.to === null && bars >= most(target);
  }

  // Where the time of a target is not stored in the interval, the newest bars are shown.
  function show(target) {
    const view = deskChart.view(), last = view.bars.length - 1;
    setRange(target.range || null);
    deskCanvas.autoscale();
    if (last < 0) return;
    const isPast = !target.range && target.to !== null && target.to >= view.bars[0].start;
    const end = isPast ? deskChart.indexAfter(target.to) - 1 : last;
    const bars = Math.max(FEWEST, Math.min(most(target), end - oldest(target, view) + 1));
    if (isFew()) deskCanvas.setRange(amid(last + deskFan.ahead(view)));
    else deskCanvas.setRange({ from: end - bars + 1, to: end + (isPast ? 0 : beside(view)) });
  }

  // Whether there are no more bars than fit in without being moved: all of them are shown, in the middle.
  function isFew() {
    const view = deskChart.view();
    return view.bars.length < FEWEST && !view.hasOlder && !view.hasNewer;
  }

  function amid(last) {
    const margin = Math.max(BESIDE_FAN, (FEWEST_PLACES - 1 - last) / 2);
    return { from: -margin, to: last + margin };
  }

  // The first of the bars that a target is about.
  function oldest(target, { bars, times }) {
    const first = deskChart.indexAfter(before(target, bars.at(-1).start)), days = target.range && RANGES[target.range][2];
    if (!days) return first;
    const seen = new Set();
    for (let index = times.length - 1; index >= first; index -= 1) {
      if (seen.add(Math.floor(times[index] / DAY)).size > days) return index + 1;
    }
    return first;
  }

  function beside(view) { return Math.max(RIGHT_MARGIN, deskFan.ahead(view) + BESIDE_FAN); }

  // A range is lit as long as it is what is visible.
  function follow() {
    const view = deskChart.view(), visible = deskCanvas.range();
    if (!range || !view || !visible) return;
    const now = { bars: visible.to - visible.from, beside: view.bars.length - 1 + deskFan.ahead(view) - visible.to };
    if (!resting) resting = now;
    else if (Math.abs(now.bars - resting.bars) > SLACK || Math.abs(now.beside - resting.beside) > SLACK) setRange(null);
  }

  // Whether the oldest loaded bar is so near that older ones should be fetched.
  function wantsOlder() {
    const view = deskChart.view(), visible = deskCanvas.range();
    return Boolean(view && visible && view.hasOlder && view.bars.length && visible.from < (visible.to - visible.from) / 2);
  }

  // The same at the other end, where a past is shown alone.
  function wantsNewer() {
    const view = deskChart.view(), visible = deskCanvas.range();
    return Boolean(view && visible && view.hasNewer && visible.to > view.bars.length - (visible.to - visible.from) / 2);
  }

  // As much time as is visible now, up to the newest bar: what is to be loaded where that bar is not.
  function sameSpan() {
    const { bars } = deskChart.view(), visible = deskCanvas.range(), last = bars.length - 1;
    const [from, to] = [visible.from, visible.to].map((index) => bars[Math.max(0, Math.min(last, Math.round(index)))].start);
    return { from: deskChart.newest().bar.start - (to - from), to: null };
  }

  // Back to the newest bar, as near as it is now.
  function latest() {
    const view = deskChart.view(), visible = deskCanvas.range();
    if (!view || !visible) return;
    const to = view.bars.length - 1 + beside(view);
    deskCanvas.autoscale();
    deskCanvas.setRange({ from: to - (visible.to - visible.from), to });
  }

  window.deskWindow = {
    show, current, covers, first, follow, wantsOlder, wantsNewer, isFew, sameSpan, latest, setRange,
    range: () => range,
    intervalOf: (name) => RANGES[name][1],
  };
})();
