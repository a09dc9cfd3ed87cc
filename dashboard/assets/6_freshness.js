// The age of the displayed data: age of the symbol's last quote, and the display after the server stops responding.
(function () {
  "use strict";
  const SILENT = 5, FRESH = 15, OLD = 120;
  let title = document.title;
  const byId = (id) => document.getElementById(id);
  const NO_RESPONSE = "The dashboard server is not responding. This page reconnects automatically.";

  // `state` is the last response, received `passed` seconds ago; for `waited` of them the page could receive another one.
  function update(state, passed, waited) {
    const isSilent = waited > SILENT || !state.isCurrent;
    document.querySelector(".page").classList.toggle("silent", isSilent);
    if (isSilent) lastUpdate(state); else clock(state, passed);
    if (!isSilent) age(state, passed);
    if (waited > SILENT) deskPanels.message("warning", NO_RESPONSE);
    if (waited > SILENT) deskPanels.write(byId("status-word"), "Not responding");
    document.title = (isSilent ? "Stale · " : "") + title;
  }

  // The style sheet greys out lamps and badges; the outdated session and age are replaced with the time of the last update.
  function lastUpdate({ now, clock: heading }) {
    if (!now) return;
    const zone = heading ? heading.zone : "UTC";
    deskPanels.badge("badge", "", "closed");
    deskPanels.badge("age", `Last update ${deskFormat.time(now, zone)}`, "closed");
    deskPanels.write(byId("clock"), deskFormat.fullClock(now, zone));
    byId("age").title = "When the values on this page were read";
  }

  function clock({ clock: heading }, passed) {
    if (!heading) return;
    const second = heading.clock + (heading.clock_runs ? passed : 0);
    deskPanels.badge("badge", heading.session, heading.tone);
    deskPanels.write(byId("clock"), deskFormat.fullClock(second, heading.zone));
  }

  function age({ age: seconds, sources, clock: heading, isRecorded }, passed) {
    if (isRecorded) { deskPanels.badge("age", "Recorded", "closed"); return; }
    if (seconds === null || !sources) { deskPanels.badge("age", "", "closed"); return; }
    const { label, title, is_closed: isClosed } = sources, old = seconds + passed;
    const isOpen = !isClosed && (title || !heading || heading.tone !== "closed");
    deskPanels.badge("age", label + (title ? " · " : " ") + deskFormat.age(old), !isOpen ? "closed" : old < FRESH ? "open" : old < OLD ? "extended" : "bad");
    byId("age").title = ["Age of this symbol's latest quote", title].filter(Boolean).join("\n");
  }

  // Marks outdated values with their time: the price, the page title, and each panel in its note. Returns that text.
  function markOutdated({ past: moment, zone, clock: now, flag }, row) {
    const when = moment ? `as of ${deskFormat.moment(moment, zone, now)}` : "";
    deskPanels.badge("flag", when ? when[0].toUpperCase() + when.slice(1) : flag, "extended");
    byId("last").classList.toggle("past", Boolean(when));
    title = `${row.symbol} ${deskFormat.money(row.last, row.decimals, row.currency)}${when ? `, ${when}` : percent(row)} · Tickstream`;
    return when;
  }

  function percent(row) { return row.percent === null ? "" : ` ${deskFormat.signed(row.percent, 2)} %`; }

  window.deskFreshness = { update, markOutdated };
})();
