// What is expected of the next closes: boxes beyond the last bar, one a bar and interval, and a line through the means.
(function () {
  "use strict";
  const DAY = 86400;
  let specs = [], fan = empty();

  function setSpecs(series) { specs = series; }

  function empty() { return { said: "", points: Object.fromEntries(specs.map(({ id }) => [id, []])) }; }

  const isWeekend = (time) => [0, 6].includes(new Date(time * 1000).getUTCDay());

  // When the bar after one starts, by the interval's spacing: nobody knows of holidays and nights beforehand.
  function following(time, view) {
    let next = time + deskFormat.seconds(view.interval);
    if (view.interval !== "1d" || view.times.slice(-7).some(isWeekend)) return next;
    while (isWeekend(next)) next += DAY;
    return next;
  }

  // Axis times of the bar the forecast was made after and of those it is about; none where all of them have closed.
  function timesOf(view, said) {
    const made = said ? view.bars.findLastIndex((bar) => bar.start === said.start) : -1;
    if (made < 0 || made + said.mean.length < view.bars.length - 1) return [];
    const times = [view.times[made]];
    for (const _ of said.mean) times.push(view.times[made + times.length] || following(times.at(-1), view));
    return times;
  }

  function point(spec, view, said, times, step) {
    if (spec.level === null) {
      const close = view.bars[view.times.lastIndexOf(times[0])].close;
      return { time: times[step], value: step ? said.mean[step - 1] : close };
    }
    const low = said.low[step - 1][spec.level], high = said.high[step - 1][spec.level];
    return { time: times[step], open: low, high, low, close: high };
  }

  function pointsOf(spec, view, said, times) {
    if (spec.level !== null && said && said.low[0][spec.level] === undefined) return []; // of fewer intervals
    const steps = [...times.keys()].slice(spec.level === null ? 0 : 1);
    return steps.map((step) => point(spec, view, said, times, step));
  }

  // Where bars went on as expected a series drops its first points, changes some and adds the last ones, so that the
  // chart scrolls along. Undefined where a bar did not come when it was expected: the axis is to forget that time.
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

  // Takes what is said by now. Gives the ticks that show it; null where the series are to be drawn anew.
  function follow(view, said) {
    const times = timesOf(view, said), now = JSON.stringify([times, times.length ? said : null]), ticks = [];
    if (now === fan.said) return ticks;
    fan.said = now;
    let isAnew = false;
    for (const spec of specs) {
      const before = fan.points[spec.id], after = pointsOf(spec, view, said, times);
      const moves = before.length || after.length ? ticksOf(spec.id, before, after, view) : [];
      if (moves) before.splice(0, before.length, ...after); else fan.points[spec.id] = after;
      if (moves) ticks.push(...moves); else isAnew = true;
    }
    return isAnew ? null : ticks;
  }

  // Another chart, another fan.
  function begin(view, said) {
    fan = empty();
    follow(view, said);
  }

  // A fan that is switched off stays where it is, unseen: the time axis does not move.
  function series(isShown, priceFormat) {
    return specs.map((spec) => ({
      id: spec.id, type: spec.type, pane: "price", data: fan.points[spec.id],
      options: { ...spec.options, priceFormat, visible: isShown },
    }));
  }

  // Bars of the axis that no candle has reached yet.
  function ahead(view) {
    const line = specs.find((spec) => spec.level === null), points = line && fan.points[line.id];
    return points ? points.filter(({ time }) => time > view.times.at(-1)).length : 0;
  }

  window.deskFan = { setSpecs, begin, follow, series, points: (id) => fan.points[id], ahead };
})();
