// Bars that are stored: fetched page by page, the newest first, until what is to be shown is there.
(function () {
  "use strict";
  const FIRST_PAGE = 1000, LONGEST_PAGE = 5000, MOST_PAGES = 8;
  let extended = null; // the chart for which older bars are on their way

  // `chart` names symbol, interval and whether prices are adjusted. Null where the server gives no answer.
  async function page({ symbol, interval, adjusted }, bars, before) {
    const until = before === null ? "" : `&before=${before}`;
    const address = `/api/v1/history/${encodeURIComponent(symbol)}?interval=${interval}&bars=${bars}&adjusted=${adjusted}${until}`;
    try {
      const answer = await fetch(address);
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

  // A chosen range is loaded whole; a window of the past only where it is not too many pages away.
  function isShort({ columns: { start }, has_older: hasOlder }, target, pages) {
    if (!hasOlder || (!target.range && pages > MOST_PAGES)) return false;
    return !deskWindow.covers(target, start[0], start.at(-1), start.length);
  }

  async function gather(chart, target) {
    let found = await page(chart, FIRST_PAGE, null);
    for (let pages = 1; found && isShort(found, target, pages); pages += 1) {
      const older = await page(chart, LONGEST_PAGE, found.columns.start[0]);
      found = older && join(older, found);
    }
    return found;
  }

  // Pages grow with what is loaded, so that drawing all of it again and again costs no more than drawing it twice.
  async function extend() {
    const view = deskChart.view();
    if (extended === view) return;
    extended = view;
    const bars = Math.min(LONGEST_PAGE, Math.max(FIRST_PAGE, view.bars.length));
    const older = await page(view, bars, view.bars[0].start);
    const isCurrent = extended === view && deskChart.view() === view;
    if (extended === view) extended = null;
    if (older && isCurrent && older.marks.length === view.actions) deskChart.prepend(older.columns, older.has_older);
  }

  window.deskHistory = { gather, extend };
})();
