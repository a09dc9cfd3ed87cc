// Ticks that the server pushes: what quotes and closed bars change. Everything else comes with the answers at an interval,
// which also carry the ticks while there is no connection.
(function () {
  "use strict";
  const BETWEEN_PAINTS = 42; // ms: with frames of 17 ms at most twenty paints a second
  const FIRST_PAUSE = 500, MAX_PAUSE = 15000; // ms between two attempts to connect, doubled after each failure
  const SILENT = 12000; // ms without a tick, of which one comes every five seconds, after which a connection counts as dead
  const ASLEEP = 5000; // ms: after such a pause of its own the page has slept, and so may have the connection
  const REPEAT = 250; // ms between two frames that correct what the server believes the chart to have
  const ANSWER_PAUSE = 900; // ms between two answers at an interval while ticks come
  let socket = null, failures = 0, retryAt = 0, tendedAt = performance.now(), heardAt = 0, paintedAt = 0, followedAt = 0;
  let followed = "", waiting = [], last = null, frame = null;

  const isLive = () => socket !== null && socket.readyState === WebSocket.OPEN && last !== null && performance.now() - heardAt < SILENT;

  function open() {
    last = null;
    followed = "";
    heardAt = performance.now();
    socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/ticks`);
    const own = socket;
    own.onopen = () => follow();
    own.onmessage = ({ data }) => { if (own === socket) receive(JSON.parse(data)); };
    own.onclose = () => { if (own === socket) retryLater(); };
  }

  // With jitter, so that the pages of a server that was restarted don't come all at once.
  function retryLater() {
    close();
    const pause = Math.min(MAX_PAUSE, FIRST_PAUSE * 2 ** failures);
    failures += 1;
    retryAt = performance.now() + pause * (0.5 + Math.random());
  }

  function close() {
    const old = socket;
    socket = last = null;
    waiting = [];
    if (!old) return;
    old.onclose = old.onmessage = null;
    if (old.readyState === WebSocket.CONNECTING) old.onopen = () => old.close(); // to end it now would be an error in the console
    else old.close();
  }

  // Tells the server what the page shows and has, if that is something else than before.
  function follow() {
    if (!socket || socket.readyState !== WebSocket.OPEN || !deskTicks.isReady()) return;
    const { nonce, ...request } = deskTicks.request(), { symbol, interval, adjusted } = request;
    const wanted = JSON.stringify([symbol, interval, adjusted]);
    if (wanted !== followed) send(request, wanted);
  }

  function send(request, wanted) {
    followed = wanted;
    followedAt = performance.now();
    socket.send(JSON.stringify(request));
  }

  function receive(tick) {
    heardAt = performance.now();
    failures = 0;
    waiting.push(tick);
    if (frame === null) frame = requestAnimationFrame(paint);
  }

  // What has come since the last paint is applied in one frame.
  function paint(now) {
    if (now - paintedAt < BETWEEN_PAINTS) { frame = requestAnimationFrame(paint); return; }
    frame = null;
    paintedAt = now;
    const ticks = waiting;
    waiting = [];
    for (const tick of ticks) {
      last = tick;
      deskTicks.apply(tick);
    }
    correct();
  }

  // The chart was loaded since, or has other bars than the server believes: it sends those that are missing.
  function correct() {
    follow();
    if (!socket || !last || performance.now() - followedAt < REPEAT) return;
    const { nonce, ...request } = deskTicks.request(), { symbol, interval, adjusted } = request;
    const isSame = last.symbol === symbol && last.interval === interval && last.adjusted === adjusted;
    const has = last.bars && last.bars.start ? last.bars.start.at(-1) : last.after;
    if (isSame && request.last_start && has !== request.last_start) send(request, followed);
  }

  // An answer that ticks have overtaken brings what no tick has. Null if no ticks come.
  function newer(answer) {
    if (!last) return null;
    const isSame = ["symbol", "interval", "adjusted", "generation"].every((name) => last[name] === answer[name]);
    return { ...answer, ...(isSame && last), sequence: last.sequence, rows: [], alerts: [] };
  }

  // While ticks come, answers bring the slower panels only.
  const isAnswerDue = (since) => !isLive() || performance.now() - since >= ANSWER_PAUSE;

  function tend() {
    const now = performance.now(), hasSlept = now - tendedAt > ASLEEP;
    tendedAt = now;
    if (document.hidden) { close(); return; }
    if (socket && (hasSlept || now - heardAt > SILENT)) { close(); failures = 0; retryAt = 0; }
    if (!socket && now >= retryAt && deskTicks.isReady()) open(); else correct();
  }

  // A hidden page needs no ticks; once it is seen again, it gets what it lacks at once.
  document.addEventListener("visibilitychange", () => { retryAt = 0; tend(); });
  window.addEventListener("online", () => { retryAt = 0; tend(); });
  window.setInterval(tend, 500);
  window.deskSocket = { follow, newer, isAnswerDue, isLive };
})();
