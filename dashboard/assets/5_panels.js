// Header, panels and status bar. Elements are created once; later only their texts change.
(function () {
  "use strict";
    // Tooltips of values that are not available yet.
  const TITLES = {
    text: "Warming up: bars available / bars required",
    partial: "Prices received so far cover this share of the session's volume. VWAP is shown from 99 % on.",
  };
  const byId = (id) => document.getElementById(id);

  function write(element, text) { if (element.textContent !== text) element.textContent = text; }

  function setClass(element, className) { if (element.className !== className) element.className = className; }

  function element(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text || "";
    return made;
  }

  function message(id, text) {
    byId(id).hidden = !text;
    write(byId(id), text || "");
  }

  function headline(row) {
    const { sign, code } = deskFormat.currency(row.currency), isNegative = row.last < 0;
    write(byId("sign"), row.last === null ? "" : isNegative ? `\u2212${sign}` : sign);
    write(byId("last"), deskFormat.plain(isNegative ? -row.last : row.last, row.decimals));
    write(byId("currency"), code);
    const percent = row.percent === null ? "" : ` (${deskFormat.signed(row.percent, 2)} %)`;
    write(byId("change"), row.change === null ? "" : deskFormat.signed(row.change, row.decimals) + percent);
    setClass(byId("change"), `change ${deskFormat.tone(byId("change").textContent)}`);
  }

  function badge(id, text, tone) {
    byId(id).hidden = !text;
    write(byId(id), text);
    setClass(byId(id), `badge num ${tone}`);
  }

  // Where a number from 0 to 100 lies, or how far the last price is from a level.
  function beside(box, value, kind, { last, past }) {
    if (!box) return;
    const isMeter = box.classList.contains("meter"), isLevel = kind === "price" && value > 0 && last > 0 && !past;
    box.hidden = isMeter ? kind !== "number" || value === null || value < 0 || value > 100 : !isLevel;
    if (isMeter) box.firstChild.style.left = `${value}%`;
    else write(box, isLevel ? `${deskFormat.signed((last / value - 1) * 100, 2)} %` : "");
  }

  // Cells are [label, value, kind]; the labels of a panel do not change while the page is open.
  function cells(id, given, row) {
    const list = byId(id);
    if (list.children.length !== given.length) {
      list.replaceChildren(...given.map(([label]) => {
        const pair = element("div", "cell");
        pair.append(element("dt", "", label), element("dd", ""));
        return pair;
      }));
    }
    given.forEach(([, value, kind], index) => {
      const target = list.children[index].lastChild;
      beside(list.children[index].querySelector(".meter, .away"), value, kind, row);
      write(target, deskFormat.cell(value, kind, row.decimals, row.currency));
      setClass(target, kind in TITLES ? "quiet" : "");
      target.title = TITLES[kind] || "";
    });
  }

  function items(id, given) {
    const strip = byId(id);
    while (strip.children.length < given.length) {
      const item = element("span", "item");
      item.append(element("i", "lamp"), element("span", "quiet"), element("span", "value"));
      strip.append(item);
    }
    given.forEach(({ label, text, tone, title }, index) => {
      const item = strip.children[index];
      write(item.children[1], label);
      fill(item, text, tone);
      item.title = title || "";
    });
  }

  function fill({ children: [lamp, , value] }, text, tone) {
    setClass(lamp, `lamp ${tone || "none"}`);
    write(value, text);
  }

  // The elements of the figures are part of the static layout.
  function figure(name, value, decimals, tone) {
    fill(document.querySelector(`#figures [data-figure="${name}"]`), deskFormat.plain(value, decimals), tone);
  }

  // The state of all parts in a few words.
  const IDLE = ["stopped", "no heartbeat yet"];
  function status(parts) {
    const bad = parts.filter(({ tone }) => tone === "bad"), idle = parts.filter(({ text }) => IDLE.includes(text));
    const [named, state] = bad.length ? [bad, "attention"] : [idle, idle.length ? "idle" : "fine"];
    const counted = bad.length ? `${bad.length} parts need attention` : `${idle.length} parts not running`;
    setClass(byId("status-lamp"), `dot ${state}`);
    write(byId("status-word"), !named.length ? "Running" : named.length > 1 ? counted : `${named[0].label}: ${named[0].text}`);
  }

  function strip(delta) {
    items("parts", delta.parts);
    status(delta.parts);
    figure("per_second", delta.per_second, delta.per_second < 10 ? 1 : 0);
    figure("lag", delta.lag, 0);
    figure("late", delta.late, 0);
    figure("set_aside", delta.set_aside, 0);
    figure("dead_letters", delta.dead_letters, 0, delta.dead_letters ? "warn" : "");
  }

  function notice(given) {
    const box = byId("notice");
    box.hidden = !given;
    if (!given || box.dataset.shown === JSON.stringify(given)) return;
    box.dataset.shown = JSON.stringify(given);
    const parts = [element("i", "pulse"), element("h2", "", given.title), element("p", "", given.text)];
    if (given.command) parts.push(element("code", "", given.command));
    parts.push(element("p", "quiet", "This page updates automatically."));
    box.replaceChildren(...parts);
  }

  // The summary, or its rewording with the original in a collapsed section. Texts are never interpreted as HTML.
  function summary(given) {
    const { text, reworded, by } = given || { text: "", reworded: null, by: null };
    write(byId("words-text"), reworded || text);
    byId("words-details").hidden = !reworded;
    write(byId("words-by"), reworded ? `Reworded by ${by} · show original` : "");
    write(byId("words-origin"), reworded ? text : "");
  }

  window.deskPanels = { write, setClass, element, message, headline, badge, cells, strip, notice, summary };
})();
