// Loads stored bars page by page, newest first, until the target range is covered.
(function () {
  "use strict";
  const FIRST_PAGE = 1000, MAX_PAGE = 5000, MAX_PAGES = 8, MIN_PAUSE = 1, MAX_PAUSE = 30;
  let extended = null; // the chart for which more bars are being loaded
  let failures = 0, dueAt = 0, failed = ""; // a failed request is repeated after increasing pauses

  const clock = () => performance.now() / 1000;

  // The first argument is the chart; `limit` is the API parameter before or after. Null if the request fails.
  function page({ symbol, interval, adjusted }, bars, limit) {
    const query = new URLSearchParams({ interval, bars, adjusted, ...limit });
    return deskServer.json(`/api/v1/history/${encodeURIComponent(symbol)}?${query}`);
  }

  function join(older, newer) {
    if (older.marks.length !== newer.marks.length) return null; // a split was added in between: the pages have different units
    const columns = {};
    for (const name in newer.columns) columns[name] = older.columns[name].concat(newer.columns[name]);
    return { ...newer, columns, has_older: older.has_older };
  }

  function isShort({ columns: { start }, has_older: hasOlder }, target) {
    return hasOlder && !deskWindow.covers(target, start[0], start.at(-1), start.length);
  }

  // The number of further pages to a target, if the bars are as dense everywhere as the newest ones.
  function pagesTo({ columns: { start } }, target) {
    const span = (start.at(-1) - start[0]) / (start.length - 1);
    return (start[0] - target.from) / span / MAX_PAGE;
  }

  // A chosen range and a window up to the newest bar are loaded completely; a distant window without the bars between.
  async function gather(chart, target) {
    let found = await page(chart, FIRST_PAGE, {});
    const isFar = found && isShort(found, target) && Boolean(target.to);
    for (let pages = 1; found && isShort(found, target); pages += 1) {
      if (isFar && (pages > MAX_PAGES || pagesTo(found, target) > MAX_PAGES)) return gatherDetached(chart, target, found);
      const older = await page(chart, MAX_PAGE, { before: found.columns.start[0] });
      found = older && join(older, found);
    }
    return found;
  }

  // A detached history: the stored bars around a distant window, or the newest bars if there are none.
  async function gatherDetached(chart, target, newest) {
    const older = await page(chart, MAX_PAGE, { before: target.to + 1 });
    if (older && !older.columns.start.length) return newest;
    const newer = older && await page(chart, FIRST_PAGE, { after: target.to });
    const found = newer && join(older, newer);
    return found && (newer.has_newer ? { ...found, newest: newest.columns } : found);
  }

  // Page sizes grow with the loaded bars, so that all redraws together cost about as much as drawing everything twice.
  async function extend() {
    const view = deskChart.view(), isOlder = deskWindow.wantsOlder();
    if (extended === view || !isDue("more bars") || !(isOlder || deskWindow.wantsNewer())) return;
    extended = view;
    const bars = Math.min(MAX_PAGE, Math.max(FIRST_PAGE, view.bars.length));
    const found = await page(view, bars, isOlder ? { before: view.bars[0].start } : { after: view.bars.at(-1).start });
    const isCurrent = extended === view && deskChart.view() === view;
    if (extended === view) extended = null;
    note(found, "more bars");
    if (!found || !isCurrent || found.marks.length !== view.actions) return;
    if (isOlder) deskChart.prepend(found.columns, found.has_older); else deskChart.appendNewer(found.columns, found.has_newer);
  }

  // Whether a request may be sent: at once, unless it is the one that failed last.
  function isDue(what) { return what !== failed || clock() >= dueAt; }

  // Records the result of a request. After a failure the chart stays unchanged and a message is shown.
  function note(found, what) {
    failures = found ? 0 : failures + 1;
    failed = found ? "" : what;
    const pause = Math.min(MAX_PAUSE, MIN_PAUSE * 2 ** (failures - 1)), view = deskChart.view();
    dueAt = clock() + pause;
    const shown = view ? ` The chart still shows ${view.symbol}, ${view.interval}.` : "";
    deskPanels.message("late", failed && `Could not load ${failed}. Retrying in ${pause} s.${shown}`);
  }

  window.deskHistory = { gather, extend, isDue, note };
})();
