// The visible part of the time axis: a chosen range, or a window that the user moved to.
(function () {
  "use strict";
  const HOUR = 3600, DAY = 86400;
  // Ranges: seconds before the newest bar, the interval they set, and optionally the number of days with bars to show. Five
  // such days are a week for a share and five calendar days for a coin.
  const RANGES = {
    "1h": [HOUR, "1m"], "3h": [3 * HOUR, "1m"], "1d": [DAY, "5m"], "5d": [10 * DAY, "15m", 5], "1mo": [31 * DAY, "1h"],
    "3mo": [92 * DAY, "1d"], "1y": [366 * DAY, "1d"], "all": [Infinity, "1d"],
  };
  const FIRST = { "1m": "3h", "5m": "1d", "15m": "5d", "1h": "1mo", "1d": "1y" }; // default ranges by interval
  const MIN_BARS = 20, MIN_SLOTS = 12, RIGHT_MARGIN = 4, FAN_MARGIN = 2, SLACK = 1.5; // bars
  const EVENING = 15 * HOUR;
  let range = FIRST["1m"]; // the highlighted range; null after the user moved the chart
  let resting = null; // number of visible bars and distance from the newest when the range was shown

  function highlight() {
    for (const button of document.querySelectorAll("#ranges button")) {
      button.setAttribute("aria-pressed", String(button.dataset.range === range));
    }
  }

  function setRange(name) {
    range = name;
    resting = null;
    highlight();
  }

  // Three hours of 1m bars are unreadable on a phone.
  function first(interval) { return interval === "1m" && window.innerWidth < 600 ? "1h" : FIRST[interval]; }

  // The target that keeps the visible part when another interval or symbol is loaded: `from` and `to` in epoch seconds, `to`
  // null at the newest bar.
  function current(interval) {
    const view = deskChart.view(), visible = view && view.bars.length ? deskCanvas.range() : null;
    if (range || !visible) return { range: range || first(interval) };
    const last = view.bars.length - 1, within = (index) => Math.max(0, Math.min(last, index));
    const from = view.bars[within(Math.ceil(visible.from))].start;
    return { from, to: visible.to >= last - 0.5 && !view.hasNewer ? null : endOf(view, within(Math.floor(visible.to))) };
  }

  // The target of another interval: the visible part. If that reaches the newest bar and has too few bars of the interval, as
  // three hours have of days, it is as long as the interval's default range.
  function inInterval(interval) {
    const target = current(interval);
    if (target.range || target.to !== null) return target;
    const newest = deskChart.newest().bar.start, bars = (newest - target.from) / deskFormat.seconds(interval);
    return bars >= MIN_BARS ? target : { from: before({ range: first(interval) }, newest), to: null };
  }

  // The last second of a bar. A daily bar ends with its date at the exchange; one that begins in the evening, as for
  // futures, ends with the next date.
  function endOf(view, index) {
    const { start } = view.bars[index], next = view.bars[index + 1], timeOfDay = view.times[index] % DAY;
    const length = view.interval !== "1d" ? deskFormat.seconds(view.interval) : timeOfDay < EVENING ? DAY - timeOfDay : DAY;
    return Math.min(start + length, next ? next.start : Infinity) - 1;
  }

  // The time after which the oldest bar to load starts.
  function before(target, newestStart) {
    return target.range ? newestStart - RANGES[target.range][0] : target.from - 1;
  }

  // The most bars that are distinguishable at the chart's width; a chosen range is always shown completely.
  function maxBars(target) { return target.range ? Infinity : Math.max(MIN_BARS, Math.floor(deskCanvas.width() / 2)); }

  // Whether `bars` loaded bars, the oldest starting at `first` and the newest at `last`, cover a target.
  function covers(target, first, last, bars) {
    if (first <= before(target, last) + 1) return true;
    return !target.range && target.to === null && bars >= maxBars(target);
  }

  // If no bars are stored for the target, the newest bars are shown.
  function show(target) {
    const view = deskChart.view(), last = view.bars.length - 1;
    setRange(target.range || null);
    deskCanvas.autoscale();
    if (last < 0) return;
    const isPast = !target.range && target.to !== null && target.to >= view.bars[0].start;
    const end = isPast ? deskChart.indexAfter(target.to) - 1 : last;
    const bars = Math.max(MIN_BARS, Math.min(maxBars(target), end - oldest(target, view) + 1));
    if (isFew()) deskCanvas.setRange(centered(last + deskFan.ahead(view)));
    else deskCanvas.setRange({ from: end - bars + 1, to: end + (isPast ? 0 : rightMargin(view)) });
  }

  // All loaded bars with the forecast take at least a quarter of the width: zooming out further would show nothing more.
  function limitZoom(view, { from, to }) {
    const slots = 4 * Math.max(MIN_SLOTS, view.bars.length + deskFan.ahead(view));
    if (to - from > slots + SLACK) deskCanvas.setRange({ from: to - slots, to });
  }

  // Whether there are so few bars that all of them are shown, centred.
  function isFew() {
    const view = deskChart.view();
    return view.bars.length < MIN_BARS && !view.hasOlder && !view.hasNewer;
  }

  function centered(last) {
    const margin = Math.max(FAN_MARGIN, (MIN_SLOTS - 1 - last) / 2);
    return { from: -margin, to: last + margin };
  }

  // The index of the oldest bar of a target.
  function oldest(target, { bars, times }) {
    const first = deskChart.indexAfter(before(target, bars.at(-1).start)), days = target.range && RANGES[target.range][2];
    if (!days) return first;
    const seen = new Set();
    for (let index = times.length - 1; index >= first; index -= 1) {
      if (seen.add(Math.floor(times[index] / DAY)).size > days) return index + 1;
    }
    return first;
  }

  function rightMargin(view) { return Math.max(RIGHT_MARGIN, deskFan.ahead(view) + FAN_MARGIN); }

  // A range stays highlighted while it is visible.
  function follow() {
    const view = deskChart.view(), visible = deskCanvas.range();
    if (view && visible) limitZoom(view, visible);
    if (!range || !view || !visible) return;
    const now = { bars: visible.to - visible.from, offset: view.bars.length - 1 + deskFan.ahead(view) - visible.to };
    if (!resting) resting = now;
    else if (Math.abs(now.bars - resting.bars) > SLACK || Math.abs(now.offset - resting.offset) > SLACK) setRange(null);
  }

  // Whether the view is near the oldest loaded bar, so that older bars should be loaded.
  function wantsOlder() {
    const view = deskChart.view(), visible = deskCanvas.range();
    return Boolean(view && visible && view.hasOlder && view.bars.length && visible.from < (visible.to - visible.from) / 2);
  }

  // The same for newer bars while a detached history is shown.
  function wantsNewer() {
    const view = deskChart.view(), visible = deskCanvas.range();
    return Boolean(view && visible && view.hasNewer && visible.to > view.bars.length - (visible.to - visible.from) / 2);
  }

  // The target to load if the newest bar is not loaded: the visible time span, ending at the newest bar.
  function sameSpan() {
    const { bars } = deskChart.view(), visible = deskCanvas.range(), last = bars.length - 1;
    const [from, to] = [visible.from, visible.to].map((index) => bars[Math.max(0, Math.min(last, Math.round(index)))].start);
    return { from: deskChart.newest().bar.start - (to - from), to: null };
  }

  // Scrolls to the newest bar at the current zoom.
  function latest() {
    const view = deskChart.view(), visible = deskCanvas.range();
    if (!view || !visible) return;
    const to = view.bars.length - 1 + rightMargin(view);
    deskCanvas.autoscale();
    deskCanvas.setRange({ from: to - (visible.to - visible.from), to });
  }

  window.deskWindow = {
    show, current, inInterval, covers, first, follow, wantsOlder, wantsNewer, isFew, sameSpan, latest, setRange, highlight,
    range: () => range,
    isRange: (name) => Object.hasOwn(RANGES, name),
    isInterval: (name) => Object.hasOwn(FIRST, name),
    intervalOf: (name) => RANGES[name][1],
  };
})();
