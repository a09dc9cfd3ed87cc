// The forecast fan: one box per bar and interval beyond the last bar, and a line through the means.
(function () {
  "use strict";
  const DAY = 86400;
  let specs = [], fan = empty();

  function setSpecs(series) { specs = series; }

  function empty() { return { state: "", points: Object.fromEntries(specs.map(({ id }) => [id, []])) }; }

  const isWeekend = (time) => [0, 6].includes(new Date(time * 1000).getUTCDay());

  // The expected start of the next bar, from the interval only: holidays and closed hours are not considered.
  function following(time, view) {
    let next = time + deskFormat.seconds(view.interval);
    if (view.interval !== "1d" || view.times.slice(-7).some(isWeekend)) return next;
    while (isWeekend(next)) next += DAY;
    return next;
  }

  // Axis times of the bar after which the forecast was made and of the forecast bars; empty once all of these have closed.
  function timesOf(view, forecast) {
    const made = forecast ? view.bars.findLastIndex((bar) => bar.start === forecast.start) : -1;
    if (made < 0 || made + forecast.mean.length < view.bars.length - 1) return [];
    const times = [view.times[made]];
    for (const _ of forecast.mean) times.push(view.times[made + times.length] || following(times.at(-1), view));
    return times;
  }

  function point(spec, view, forecast, times, step) {
    if (spec.level === null) {
      const close = view.bars[view.times.lastIndexOf(times[0])].close;
      return { time: times[step], value: step ? forecast.mean[step - 1] : close };
    }
    const low = forecast.low[step - 1][spec.level], high = forecast.high[step - 1][spec.level];
    return { time: times[step], open: low, high, low, close: high };
  }

  function pointsOf(spec, view, forecast, times) {
    if (spec.level !== null && forecast && forecast.low[0][spec.level] === undefined) return []; // it has fewer intervals
    const steps = [...times.keys()].slice(spec.level === null ? 0 : 1);
    return steps.map((step) => point(spec, view, forecast, times, step));
  }

  // If the bars came at the expected times, a series drops its first points, changes some and adds the last ones, so that
  // the chart scrolls along. Undefined if a bar did not come when expected: its time must be removed from the axis.
  function ticksOf(id, before, after, view) {
    const first = after.length ? after[0].time : -1, last = before.length ? before.at(-1).time : -1, historicalUpdate = true;
    const gone = before.filter(({ time }) => time < first);
    const stays = before.slice(gone.length).every(({ time }, index) => after[index] && after[index].time === time);
    if (first < 0 || !before.length || !stays || gone.some(({ time }) => !view.times.includes(time))) return undefined;
    return [
      ...gone.map(({ time }) => ({ id, bar: { time }, historicalUpdate })),
      ...after.map((bar) => (bar.time < last ? { id, bar, historicalUpdate } : { id, bar })),
    ];
  }

  // Takes the current forecast. Returns the ticks that show it; null if the series must be redrawn.
  function follow(view, forecast) {
    const times = timesOf(view, forecast), now = JSON.stringify([times, times.length ? forecast : null]), ticks = [];
    if (now === fan.state) return ticks;
    fan.state = now;
    let mustRedraw = false;
    for (const spec of specs) {
      const before = fan.points[spec.id], after = pointsOf(spec, view, forecast, times);
      const moves = before.length || after.length ? ticksOf(spec.id, before, after, view) : [];
      if (moves) before.splice(0, before.length, ...after); else fan.points[spec.id] = after;
      if (moves) ticks.push(...moves); else mustRedraw = true;
    }
    return mustRedraw ? null : ticks;
  }

  // Starts a new fan for another chart.
  function begin(view, forecast) {
    fan = empty();
    follow(view, forecast);
  }

  // A hidden fan keeps its data, so that the time axis does not move.
  function series(isShown, priceFormat) {
    return specs.map((spec) => ({
      id: spec.id, type: spec.type, pane: "price", data: fan.points[spec.id],
      options: { ...spec.options, priceFormat, visible: isShown },
    }));
  }

  // The number of forecast bars beyond the last candle.
  function ahead(view) {
    const line = specs.find((spec) => spec.level === null), points = line && fan.points[line.id];
    return points ? points.filter(({ time }) => time > view.times.at(-1)).length : 0;
  }

  window.deskFan = { setSpecs, begin, follow, series, points: (id) => fan.points[id], ahead };
})();
