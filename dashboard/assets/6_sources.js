// Data sources: status of the chosen symbol's quotes, progress of its history, and the switch to live quotes.
(function () {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const { write, setClass } = window.deskPanels;
  let clock = null, standing = null, overall = null, overallText = null, feed = null, switching = false;

  // The server's time, continued between responses; a delayed response does not set it back.
  function setClock(now) {
    const local = performance.now() / 1000;
    if (clock === null || Math.abs(clock + local - now) > 1) clock = now - local;
  }

  // Another feed has other tables and another layout, so the page reloads.
  function follow(delta) {
    if (feed !== null && delta.feed !== feed) { window.location.reload(); return; }
    feed = delta.feed;
    if (delta.now) setClock(delta.now);
    if (delta.now) deskWatchlist.keepTime(delta.now);
    banner(delta);
    overall = delta.history;
    overallText = delta.history_text;
    history(overall);
  }

  // That data are simulated or recorded is a pill, which tells more on demand; what needs a decision is a line of its own.
  function banner({ feed: name, banner: text, switch: offer }) {
    const isPill = name !== "live", isLine = Boolean(text) && (!isPill || offer !== null);
    byId("banner").hidden = !isLine;
    write(byId("banner-text"), isLine ? text : "");
    byId("feed-box").hidden = !isPill;
    write(byId("feed-about"), isPill ? text || "" : "");
    const button = byId("switch"), accepted = offer === "accepted" || (switching && offer !== null);
    button.hidden = offer === null;
    button.disabled = accepted;
    write(button, accepted ? "Switching\u2026" : "Switch to live quotes");
    if (offer === null) switching = false;
  }

  // The next responses show the result; after a failure the button is enabled again.
  async function switchFeed() {
    switching = true;
    byId("switch").disabled = true;
    write(byId("switch"), "Switching\u2026");
    try {
      const answer = await fetch("/api/v1/switch", { method: "POST" });
      switching = answer.ok;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // TypeError: the server can't be reached
      switching = false;
    }
  }

  function bar(box, [done, total]) {
    box.querySelector("i").style.width = `${100 * done / total}%`;
  }

  // Requests are counted; the progress of the log comes as a text.
  function counted([done, total]) { return `Loading history: ${deskFormat.plain(done, 0)} of ${deskFormat.plain(total, 0)}`; }

  function history(progress) {
    const box = byId("history"), note = byId("watch-note"), symbols = deskWatchlist.symbols().length;
    box.hidden = !progress;
    write(note, progress ? overallText || counted(progress) : symbols ? `${symbols} symbols` : "");
    note.title = progress ? note.textContent : ""; // the panel may be too narrow for it
    if (!progress) return;
    bar(box, progress);
    box.setAttribute("aria-valuenow", progress[0]);
    box.setAttribute("aria-valuemax", progress[1]);
  }

  function symbol(delta) {
    const { name, market, sector } = delta.heading;
    write(byId("company"), name || "");
    write(byId("market"), market || "");
    byId("about").title = [name, market, sector].filter(Boolean).join("\n");
    standing = delta.standing;
    byId("standing-line").hidden = !standing;
    if (standing) setClass(byId("state"), `state ${standing.state}`);
    byId("adjusted").hidden = delta.actions === 0;
    update();
    empty();
  }

  function sentence() {
    if (!standing) return "";
    if (standing.until === null || clock === null) return standing.text;
    const left = standing.until - clock - performance.now() / 1000;
    return left > 0 ? standing.text.replace("{left}", deskFormat.countdown(left)) : standing.due;
  }

  // In place of an empty chart: progress of the history, else why there are no bars.
  function empty() {
    const box = byId("empty"), requests = standing && standing.history;
    box.hidden = !deskChart.isEmpty();
    if (box.hidden) return;
    const view = deskChart.view(), nothing = `No ${view.interval} bars yet`;
    const why = standing && standing.state !== "live" ? sentence() : "";
    // The log may hold bars of any symbol, a request only those of its own.
    const isAny = !why && (!standing || overallText), progress = requests || (isAny ? overall : null);
    write(box.firstChild, !progress ? why || nothing : requests ? counted(progress) : overallText || counted(progress));
    box.lastChild.hidden = !progress;
    if (progress) bar(box, progress);
  }

  function update() {
    write(byId("standing"), sentence());
    empty();
  }

  window.setInterval(() => { if (feed !== null) update(); }, 500); // before the first response the elements may not exist
  window.deskSources = { follow, symbol, empty, switchFeed };
})();
