// The mood of the headlines, below the summary: loaded for each symbol, and again each minute.
(function () {
  "use strict";
  const EVERY = 60000, AGAIN = 5000; // ms, after an answer and after a failure
  const UNITS = [[86400, "d"], [3600, "h"], [60, "min"]];
  let shown = "", asked = "", next = 0;
  const byId = (id) => document.getElementById(id);

  const signed = (score) => `${score < 0 ? "\u2212" : "+"}${Math.abs(score).toFixed(2)}`;

  function age(seconds) {
    const [size, unit] = UNITS.find(([least]) => seconds >= least) || [1, "s"];
    return `${Math.max(0, Math.floor(seconds / size))}\u202f${unit}`;
  }

  function line({ mood, price_action: action }, now) {
    const of = mood.headlines === 1 ? "1 headline" : `${mood.headlines} headlines`;
    const known = mood.score === null ? "No headlines of the last 24 hours"
      : `Mood of ${of} ${signed(mood.score)}, the newest ${age(now - mood.newest)} old`;
    return action.score === null ? known : `${known} · price action ${signed(action.score)}`;
  }

  function item(headline, now) {
    const made = document.createElement("li"), score = document.createElement("b"), about = document.createElement("span");
    const title = document.createElement(headline.link ? "a" : "span");
    score.textContent = signed(headline.score);
    score.className = headline.score >= 0.05 ? "up" : headline.score <= -0.05 ? "down" : "";
    score.title = `Score by ${headline.scorer}`;
    title.textContent = headline.title;
    if (headline.link) Object.assign(title, { href: headline.link, target: "_blank", rel: "noopener noreferrer" });
    about.textContent = [headline.publisher, `${age(now - headline.published)} ago`].filter(Boolean).join(" · ");
    about.title = new Date(headline.published * 1000).toISOString();
    made.append(score, " ", title, " ", about);
    return made;
  }

  function draw(found, now) {
    deskPanels.write(byId("mood-line"), line(found, now));
    byId("mood-list").replaceChildren(...found.headlines.map((each) => item(each, now)));
    byId("mood-about").hidden = !found.headlines.length;
  }

  async function follow({ symbol, now }) {
    if (symbol !== shown && shown) {
      shown = "";
      deskPanels.write(byId("mood-line"), "Headlines");
      byId("mood-list").replaceChildren();
    }
    if (asked === symbol && performance.now() < next) return;
    asked = symbol;
    next = performance.now() + EVERY;
    const found = await deskServer.json(`/api/v1/mood/${encodeURIComponent(symbol)}`);
    if (asked !== symbol) return;
    if (!found) { next = performance.now() + AGAIN; return; }
    shown = symbol;
    draw(found, now);
  }

  window.deskMood = { follow };
})();
