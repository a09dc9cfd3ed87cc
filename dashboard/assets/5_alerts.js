// The list of alerts, the count of those that are new, and the alerts of the bars on the chart.
(function () {
  "use strict";
  const ALERTS_SHOWN = 200, HOUR = 3600, LATEST = 1800, MAX_TITLES = 3, PAUSE = 5000;
  const KEY = `desk-seen-alerts ${document.documentElement.dataset.market}`; // a replay's alerts may be years old
  const SEVERITIES = ["critical", "warning", "info"];
  const TONES = { up: "--up", down: "--down", warn: "--orange", critical: "--text", info: "--steel" }; // as in the list
  const byId = (id) => document.getElementById(id);
  let datedAt = null, chosen = null;
  let seen = null; // the keys of the alerts that the user has seen, and the time of the newest of them
  const listed = new Map(); // the alerts of the list, by their key
  let known = { of: "", alerts: new Map() }; // the alerts of the chart's symbol and interval, by their key

  function item(alert) {
    const { element } = deskPanels, made = element("li", ""), head = element("div", "alert-head");
    const tag = element("span", "tag", alert.interval), body = element(alert.start ? "button" : "p", "alert-text");
    head.append(element("strong", "", alert.symbol), tag, element("span", "severity"), element("span", "price num"), element("time", "num"));
    made.append(head, body);
    Object.assign(made.dataset, { time: alert.time, zone: alert.zone, key: alert.key });
    if (alert.start) {
      Object.assign(body, { type: "button", title: "Show this bar on the chart", tabIndex: -1 });
      made.addEventListener("click", () => { choose(alert.key); deskGo.bar(alert); deskLegend.pin(alert); deskShell.showChart(); });
    }
    return made;
  }

  // The line of a grouped alert, which shows and hides its members.
  function header({ storm, interval, time, zone }) {
    const made = item({ symbol: storm.name, interval, time, zone, key: storm.key });
    const body = deskPanels.element("button", "alert-text", storm.text);
    Object.assign(body, { type: "button", title: "Show or hide the alerts of these symbols" });
    body.setAttribute("aria-expanded", "false");
    body.tabIndex = -1;
    made.lastChild.replaceWith(body);
    made.className = "alert storm";
    made.addEventListener("click", () => open(made, body.getAttribute("aria-expanded") === "false"));
    return made;
  }

  const membersOf = (made) => [...byId("alerts").children].filter(({ dataset }) => dataset.storm === made.dataset.key);

  function open(made, isOpen) {
    made.lastChild.setAttribute("aria-expanded", String(isOpen));
    for (const each of membersOf(made)) each.hidden = !isOpen;
  }

  // Moves an alert below the line of its grouped alert, which is made for the first of its members.
  function group(list, made, alert) {
    if (!alert.storm || made.dataset.storm) return;
    made.dataset.storm = alert.storm.key;
    let line = list.querySelector(`[data-key="${CSS.escape(alert.storm.key)}"]`);
    if (!line) {
      line = header(alert);
      list.insertBefore(line, made);
    }
    line.after(made);
    open(line, line.lastChild.getAttribute("aria-expanded") === "true");
  }

  // The line of a grouped alert has the severity of its members, and is dimmed where somebody dealt with all of them.
  function summarize(line) {
    const alerts = membersOf(line).map(({ dataset }) => listed.get(dataset.key)).filter(Boolean);
    const severity = ["critical", "info"].find((each) => alerts.some((alert) => tone(alert) === each));
    const isOver = alerts.length > 0 && alerts.every(({ by }) => by);
    line.className = ["alert storm", severity, isOver && "over"].filter(Boolean).join(" ");
  }

  // One alert at a time can be reached with Tab, the others from it with the arrow keys: two hundred stops would be in the
  // way of all that follows.
  const stops = () => [...byId("alerts").querySelectorAll("button")].filter(({ parentNode }) => !parentNode.hidden);

  function stop(at) {
    const found = stops(), kept = at || found.find((each) => each === document.activeElement) || found[0];
    for (const each of byId("alerts").querySelectorAll("button")) each.tabIndex = each === kept ? 0 : -1;
  }

  function move(event) {
    const found = stops(), place = found.indexOf(event.target), last = found.length - 1;
    const next = { ArrowDown: Math.min(last, place + 1), ArrowUp: Math.max(0, place - 1), Home: 0, End: last }[event.key];
    if (place < 0 || next === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    stop(found[next]);
    found[next].focus();
  }

  function listen(list) {
    if (list.dataset.isHeard) return;
    list.dataset.isHeard = "true";
    list.addEventListener("keydown", move);
    list.addEventListener("focusin", ({ target }) => stop(target));
  }

  function choose(key) {
    chosen = key;
    for (const each of byId("alerts").children) each.classList.toggle("chosen", each.dataset.key === chosen);
    deskChart.redraw();
  }

  // A data alert may be cleared later, and an alert acknowledged: its item is then updated.
  function fill(made, alert) {
    const when = made.querySelector("time"), end = alert.cleared ? `, cleared ${deskFormat.time(alert.cleared, alert.zone)}` : "";
    const by = alert.by ? ` · acknowledged by ${alert.by}` : "";
    made.className = ["alert", tone(alert), alert.by && "over", alert.key === chosen && "chosen"].filter(Boolean).join(" ");
    when.title = deskFormat.fullClock(alert.time, alert.zone) + end;
    deskPanels.write(made.querySelector(".severity"), alert.severity === "critical" ? "Critical" : "");
    deskPanels.write(made.querySelector(".price"), price(alert));
    deskPanels.write(made.lastChild, alert.text + end + by);
  }

  function tone({ tone: given, severity }) { return given === "warn" && severity !== "warning" && severity ? severity : given; }

  function price({ symbol, price: value }) {
    const row = value === undefined ? null : deskWatchlist.row(symbol);
    return row ? deskFormat.money(value, row.decimals, row.currency) : "";
  }

  // Alerts of today show their time, older ones their day, so the texts are updated once an hour.
  function date(items, now) {
    for (const each of items) {
      const { time, zone } = each.dataset;
      deskPanels.write(each.querySelector("time"), deskFormat.moment(Number(time), zone, now));
    }
    datedAt = Math.floor(now / HOUR);
  }

  // Newest first; a late alert is inserted at its time.
  function apply(received, now) {
    const list = byId("alerts");
    for (const alert of [...received].reverse()) {
      let made = list.querySelector(`[data-key="${CSS.escape(alert.key)}"]`);
      if (!made) {
        made = item(alert);
        const older = [...list.children].find((other) => Number(other.dataset.time) <= alert.time);
        list.insertBefore(made, older || null);
      }
      fill(made, alert);
      group(list, made, alert);
      listed.set(alert.key, alert);
    }
    if (received.some(({ storm }) => storm)) list.querySelectorAll(".storm").forEach(summarize);
    for (; list.children.length > ALERTS_SHOWN; list.lastChild.remove()) listed.delete(list.lastChild.dataset.key);
    if (received.length || datedAt !== Math.floor(now / HOUR)) date(list.children, now);
    deskPanels.setClass(list, list.children.length ? "alerts" : "alerts none");
    const isFull = list.children.length === ALERTS_SHOWN;
    deskPanels.write(byId("alert-list-note"), counted(lines(list).length, isFull));
    if (received.length || seen === null) count();
    if (received.length) stop();
    listen(list);
    mark(received);
  }

  // The members of a grouped alert count as one.
  function lines(list) { return [...list.children].filter(({ dataset }) => !dataset.storm); }

  // A full list may omit older alerts.
  function counted(number, isFull) { return number ? `${number}${isFull ? "+" : ""}` : ""; }

  // If the browser blocks storage, alerts are new that came since the page was opened.
  function readSeen() {
    try {
      const { time, keys } = JSON.parse(localStorage.getItem(KEY));
      return { time, keys: new Set(keys) };
    } catch { return null; }
  }

  function keepSeen(alerts) {
    seen = { time: Math.max(0, ...alerts.map(({ time }) => time)), keys: new Set(alerts.map(({ key }) => key)) };
    try { localStorage.setItem(KEY, JSON.stringify({ time: seen.time, keys: [...seen.keys] })); } catch { /* as above */ }
  }

  // Symbols close the same minute one after another, and rules that compare symbols wait for the slowest: their alerts come
  // after newer ones that were seen. Those of long ago come with the history of a symbol, and are not new.
  function isNew({ key, time }) { return time > seen.time - LATEST && !seen.keys.has(key); }

  // What a first visit finds is not new.
  function count() {
    if (seen === null && !(seen = readSeen())) keepSeen([...listed.values()]);
    const list = byId("alerts"), all = [...list.children];
    const fresh = new Set([...listed.values()].filter(isNew).map(({ key }) => key));
    const groups = new Set(all.filter(({ dataset }) => fresh.has(dataset.key)).map(({ dataset }) => dataset.storm));
    for (const { classList, dataset } of all) classList.toggle("new", fresh.has(dataset.key) || groups.has(dataset.key));
    const unseen = lines(list).filter(({ classList }) => classList.contains("new")).length;
    const button = byId("alerts-new"), badge = byId("alerts-count");
    button.hidden = badge.hidden = !unseen;
    deskPanels.write(badge, counted(unseen, fresh.size === ALERTS_SHOWN));
    deskWatchlist.markAlerts(new Set([...fresh].map((key) => listed.get(key).symbol)));
    deskPanels.write(button, unseen ? `${counted(unseen, fresh.size === ALERTS_SHOWN)} new` : "");
    button.onclick = () => { keepSeen([...listed.values()]); count(); };
  }

  // What was marked as seen in another tab is seen here too.
  window.addEventListener("storage", ({ key }) => {
    if (key !== KEY || seen === null) return;
    seen = readSeen() || seen;
    count();
  });

  function clear() {
    byId("alerts").replaceChildren();
    listed.clear();
    known = { of: "", alerts: new Map() };
  }

  // The alerts of the chart's bars that are known, the newest first.
  function shown() { return [...known.alerts.values()].sort((one, other) => other.time - one.time); }

  const nameOf = ({ symbol, interval }) => `${symbol} ${interval}`;

  // Reads the alerts of a chart that was loaded; until there is an answer, its bars have those of the list alone.
  async function load(view) {
    if (known.of === nameOf(view)) return;
    known = { of: nameOf(view), alerts: new Map() };
    const { of } = known;
    mark([...listed.values()]);
    let found = null;
    while (!found && known.of === of) {
      found = await deskServer.json(`/api/v1/alerts/${encodeURIComponent(view.symbol)}?interval=${view.interval}`);
      if (!found) await new Promise((again) => window.setTimeout(again, PAUSE));
    }
    if (known.of === of) mark(found.alerts);
  }

  function mark(received) {
    const own = received.filter((alert) => alert.start && nameOf(alert) === known.of);
    for (const alert of own) known.alerts.set(alert.key, alert);
    if (own.length) deskChart.redraw();
  }

  // The alerts of a bar.
  function at(start) { return [...known.alerts.values()].filter((alert) => alert.start === start); }

  function texts(start) {
    const found = at(start).map(({ text }) => text), more = found.length - MAX_TITLES;
    return more > 0 ? [...found.slice(0, MAX_TITLES), `${more} more`] : found;
  }

  const worst = (alerts) => SEVERITIES.map((each) => alerts.find(({ severity }) => severity === each)).find(Boolean);

  // A marker of the alerts of each bar, in the colour of the worst, and one below the bar of those that point up: `timeOf`
  // gives the place of a bar on the axis, null if it is not loaded.
  function markers(timeOf) {
    const sides = new Map();
    for (const alert of known.alerts.values()) {
      const side = `${alert.start} ${alert.side}`;
      sides.set(side, [...(sides.get(side) || []), alert]);
    }
    return [...sides.values()].flatMap((alerts) => {
      const { start, side } = alerts[0], time = timeOf(start);
      if (time === null) return [];
      const look = side === "below" ? { position: "belowBar", shape: "arrowUp" } : { position: "aboveBar", shape: "arrowDown" };
      const size = alerts.some(({ key }) => key === chosen) ? 2 : 1, text = alerts.length > 1 ? String(alerts.length) : "";
      return [{ time, ...look, size, color: TONES[tone(worst(alerts) || alerts[0])], text }];
    });
  }

  window.deskAlerts = { apply, clear, load, markers, shown, texts };
})();
