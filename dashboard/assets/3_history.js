// Bars that are stored: fetched page by page, the newest first, until what is to be shown is there.
(function () {
  "use strict";
  const FIRST_PAGE = 1000, LONGEST_PAGE = 5000, MOST_PAGES = 8, SHORTEST_PAUSE = 1, LONGEST_PAUSE = 30;
  let extended = null; // the chart for which further bars are on their way
  let failures = 0, dueAt = 0, failed = ""; // what could not be loaded is asked for again after growing pauses

  const clock = () => performance.now() / 1000;

  // `chart` names symbol, interval and whether prices are adjusted; `place` is where the page begins or ends. Null where
  // the server gives no answer.
  async function page({ symbol, interval, adjusted }, bars, place) {
    const asked = new URLSearchParams({ interval, bars, adjusted, ...place });
    try {
      const answer = await fetch(`/api/v1/history/${encodeURIComponent(symbol)}?${asked}`);
      return answer.ok ? await answer.json() : null;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // TypeError: the server can't be reached
      return null;
    }
  }

  function join(older, newer) {
    if (older.marks.length !== newer.marks.length) return null; // a split came in between: the pages have other units
    const columns = {};
    for (const name in newer.columns) columns[name] = older.columns[name].concat(newer.columns[name]);
    return { ...newer, columns, has_older: older.has_older };
  }

  function isShort({ columns: { start }, has_older: hasOlder }, target) {
    return hasOlder && !deskWindow.covers(target, start[0], start.at(-1), start.length);
  }

  // How many further pages a target would take, if bars lie as close everywhere as in the newest ones.
  function pagesTo({ columns: { start } }, target) {
    const span = (start.at(-1) - start[0]) / (start.length - 1);
    return (start[0] - target.from) / span / LONGEST_PAGE;
  }

  // A chosen range, and what reaches to the newest bar, is loaded whole; a past far away without what lies between.
  async function gather(chart, target) {
    let found = await page(chart, FIRST_PAGE, {});
    const isFar = found && isShort(found, target) && Boolean(target.to);
    for (let pages = 1; found && isShort(found, target); pages += 1) {
      if (isFar && (pages > MOST_PAGES || pagesTo(found, target) > MOST_PAGES)) return alone(chart, target, found);
      const older = await page(chart, LONGEST_PAGE, { before: found.columns.start[0] });
      found = older && join(older, found);
    }
    return found;
  }

  // What is stored of a past, or the newest bars where that is nothing.
  async function alone(chart, target, newest) {
    const older = await page(chart, LONGEST_PAGE, { before: target.to + 1 });
    if (older && !older.columns.start.length) return newest;
    const newer = older && await page(chart, FIRST_PAGE, { after: target.to });
    const found = newer && join(older, newer);
    return found && (newer.has_newer ? { ...found, newest: newest.columns } : found);
  }

  // Pages grow with what is loaded, so that drawing all of it again and again costs no more than drawing it twice.
  async function extend() {
    const view = deskChart.view(), isOlder = deskWindow.wantsOlder();
    if (extended === view || !isDue("Further bars") || !(isOlder || deskWindow.wantsNewer())) return;
    extended = view;
    const bars = Math.min(LONGEST_PAGE, Math.max(FIRST_PAGE, view.bars.length));
    const found = await page(view, bars, isOlder ? { before: view.bars[0].start } : { after: view.bars.at(-1).start });
    const isCurrent = extended === view && deskChart.view() === view;
    if (extended === view) extended = null;
    note(found, "Further bars");
    if (!found || !isCurrent || found.marks.length !== view.actions) return;
    if (isOlder) deskChart.prepend(found.columns, found.has_older); else deskChart.adjoin(found.columns, found.has_newer);
  }

  // Whether something may be asked for: at once where it is something else than what failed last.
  function isDue(what) { return what !== failed || clock() >= dueAt; }

  // What came of asking for something. The chart stays as it is where nothing came, and a note says so.
  function note(found, what) {
    failures = found ? 0 : failures + 1;
    failed = found ? "" : what;
    const pause = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** (failures - 1)), view = deskChart.view();
    dueAt = clock() + pause;
    const shown = view ? ` The chart shows ${view.symbol}, ${view.interval}.` : "";
    deskPanels.sentence("late", failed && `${failed} could not be loaded. The next attempt follows after ${pause} s.${shown}`);
  }

  window.deskHistory = { gather, extend, isDue, note };
})();
