// How old what is shown is: the age of the symbol's last quote, and what is shown once no answer comes any more.
(function () {
  "use strict";
  const SILENT = 5, FRESH = 15, OLD = 120;
  let title = document.title;
  const byId = (id) => document.getElementById(id);
  const NO_ANSWER = "The screen's server does not answer. The page continues by itself once it does.";

  // `passed` seconds ago came the last answer; `state` is what it said.
  function tell(state, passed) {
    const isSilent = passed > SILENT || !state.isCurrent;
    document.querySelector(".page").classList.toggle("silent", isSilent);
    if (isSilent) lastAnswer(state); else clock(state, passed);
    if (!isSilent) age(state, passed);
    if (passed > SILENT) deskPanels.sentence("warning", NO_ANSWER);
    document.title = (isSilent ? "Stale · " : "") + title;
  }

  // Lamps and badges are grey by the style sheet; the session and the age of then are not told as if they were of now.
  function lastAnswer({ now, clock: heading }) {
    if (!now) return;
    const zone = heading ? heading.zone : "UTC";
    deskPanels.badge("badge", "", "closed");
    deskPanels.badge("age", `Last answer ${deskFormat.time(now, zone)}`, "closed");
    deskPanels.write(byId("clock"), deskFormat.fullClock(now, zone));
    byId("age").title = "When the numbers on the page were read";
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
    byId("age").title = ["How old the last quote of this symbol is", title].filter(Boolean).join("\n");
  }

  // What is of the past says of when it is: the price, the name of the page, and each panel by its note.
  function past({ past: moment, zone, clock: now, flag }, row) {
    const when = moment ? `as of ${deskFormat.moment(moment, zone, now)}` : "";
    deskPanels.badge("flag", when ? when[0].toUpperCase() + when.slice(1) : flag, "extended");
    byId("last").classList.toggle("past", Boolean(when));
    title = `${row.symbol} ${deskFormat.money(row.last, row.decimals, row.currency)}${when ? `, ${when}` : percent(row)} · Tickstream`;
    return when;
  }

  function percent(row) { return row.percent === null ? "" : ` ${deskFormat.signed(row.percent, 2)} %`; }

  window.deskFreshness = { tell, past };
})();
