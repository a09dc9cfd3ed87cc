// How numbers and times are written. Prices arrive as numbers, times as epoch seconds UTC.
(function () {
  "use strict";
  const MINUS = "\u2212", UNKNOWN = "\u2013";
  const numbers = new Map(), clocks = new Map(), offsets = new Map();

  function cached(map, key, make) {
    if (!map.has(key)) map.set(key, make());
    return map.get(key);
  }

  function plain(value, decimals) {
    if (value === null || value === undefined) return UNKNOWN;
    const format = cached(numbers, decimals, () => new Intl.NumberFormat("en-US", {
      minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
    return format.format(value).replace("-", MINUS);
  }

  // A sign as well as a colour; what rounds to nothing has neither.
  function signed(value, decimals) {
    if (value === null || value === undefined) return UNKNOWN;
    const text = plain(Math.abs(value), decimals);
    if (Number(text.replaceAll(",", "")) === 0) return text;
    return (value > 0 ? "+" : MINUS) + text;
  }

  function compact(value) {
    if (value === null || value === undefined) return UNKNOWN;
    const [unit, size] = value >= 1e12 ? ["T", 1e12] : value >= 1e9 ? ["B", 1e9] : value >= 1e6 ? ["M", 1e6] : value >= 1e3 ? ["K", 1e3] : ["", 1];
    return plain(value / size, unit ? 2 : Number.isInteger(value) ? 0 : 2) + unit;
  }

  // What is paid in: a sign before the number, else the code behind it.
  const SIGNS = { USD: "$", EUR: "\u20ac", GBP: "\u00a3", JPY: "\u00a5", CNY: "CN\u00a5", INR: "\u20b9", KRW: "\u20a9",
    HKD: "HK$", CAD: "CA$", AUD: "A$", TWD: "NT$", BRL: "R$", ILS: "\u20aa" };

  function currency(code) {
    const sign = SIGNS[code];
    return { sign: sign || "", code: sign || !code ? "" : code };
  }

  function money(value, decimals, code) {
    if (value === null || value === undefined) return UNKNOWN;
    const { sign, code: behind } = currency(code), text = plain(value, decimals);
    const signed = text.startsWith(MINUS) ? MINUS + sign + text.slice(1) : sign + text;
    return signed + (behind ? `\u00a0${behind}` : "");
  }

  // A price for a narrow place. Part of a number is another number: what is too long is written in millions, or as a power of ten.
  const LONGEST = 10, LONGEST_OF_A_CELL = 17;
  function brief(value, decimals, code, longest = LONGEST) {
    const whole = money(value, decimals, code);
    if (whole === UNKNOWN || plain(value, decimals).length <= longest) return whole;
    if (Math.abs(value) >= 1e5 && plain(value, 0).length <= longest) return money(value, 0, code);
    const { sign, code: behind } = currency(code), size = Math.abs(value);
    const unit = [["T", 1e12], ["B", 1e9], ["M", 1e6]].find(([, least]) => size >= least);
    const [digits, power] = size.toExponential(4).split("e");
    const written = unit ? plain(size / unit[1], 4) + unit[0] : `${digits}e${power.replace("+", "").replace("-", MINUS)}`;
    return (value < 0 ? MINUS : "") + sign + written + (behind ? `\u00a0${behind}` : "");
  }

  // How long until something, in its two largest units.
  const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  function countdown(seconds) {
    const whole = Math.ceil(seconds), first = Math.max(0, UNITS.findIndex(([, size]) => whole >= size));
    const words = UNITS.slice(first, first + 2).map(([unit, size], index) => {
      const above = index ? UNITS[first][1] : Infinity;
      return `${Math.floor(whole % above / size)} ${unit}`;
    });
    return words.join(" ");
  }

  function clock(zone, options) {
    return cached(clocks, zone + JSON.stringify(options), () => new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, hourCycle: "h23", ...options }));
  }

  const TIME = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
  const DAY = { weekday: "short", day: "numeric", month: "short" };

  function time(second, zone) { return clock(zone, TIME).format(second * 1000); }

  function day(second, zone) { return clock(zone, { day: "numeric", month: "short" }).format(second * 1000); }

  // When something was, as seen from `now`: the time of today, else with its day, else its day and year.
  function moment(second, zone, now) {
    const date = { year: "numeric", month: "short", day: "numeric" };
    const [then, today] = [second, now].map((each) => clock(zone, date).format(each * 1000));
    if (then === today) return time(second, zone);
    if (then.slice(-4) !== today.slice(-4)) return then;
    return `${day(second, zone)} ${clock(zone, { hour: "2-digit", minute: "2-digit" }).format(second * 1000)}`;
  }

  function zoneName(second, zone) {
    const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "short" }).formatToParts(second * 1000);
    return parts.find((part) => part.type === "timeZoneName").value;
  }

  function fullClock(second, zone) {
    const name = cached(clocks, "name " + zone + Math.floor(second / 3600), () => zoneName(second, zone));
    return `${clock(zone, DAY).format(second * 1000).replace(",", "")} ${time(second, zone)} ${name}`;
  }

  // Zones move their clocks at full quarters of an hour, so one look-up serves a quarter.
  function offset(second, zone) {
    const quarter = Math.floor(second / 900) * 900;
    return cached(offsets, zone + quarter, () => {
      const part = {};
      const format = clock(zone, { ...TIME, year: "numeric", month: "numeric", day: "numeric" });
      for (const { type, value } of format.formatToParts(quarter * 1000)) part[type] = Number(value);
      return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) / 1000 - quarter;
    });
  }

  function age(seconds) {
    if (seconds < 10) return plain(seconds, 1) + " s";
    if (seconds < 90) return plain(seconds, 0) + " s";
    if (seconds < 5400) return plain(seconds / 60, 0) + " min";
    return seconds < 129600 ? plain(seconds / 3600, 0) + " h" : plain(seconds / 86400, 0) + " d";
  }

  function difference(value, decimals) {
    const text = signed(value, decimals);
    return text.length <= LONGEST_OF_A_CELL ? text : text[0] + brief(Math.abs(value), decimals, null, LONGEST_OF_A_CELL);
  }

  // A cell's value in the way its kind asks for. A code without a sign stands in the panel's head, once.
  function cell(value, kind, decimals, code) {
    switch (kind) {
      case "text": case "words": case "partial": return value;
      case "range": return value.map((each) => cell(each, "price", decimals, code)).join(" \u2013 ");
      case "price": return brief(value, decimals, currency(code).sign ? code : null, LONGEST_OF_A_CELL);
      case "difference": return difference(value, decimals + (decimals > 8 ? 0 : 2));
      case "volume": return compact(value);
      case "share": return value === null ? UNKNOWN : plain(value * 100, 1) + " %";
      default: return plain(value, 1);
    }
  }

  // How long a bar is: in seconds, and in words for those who hear it.
  const LENGTHS = { "1m": [60, "one minute"], "5m": [300, "five minutes"], "15m": [900, "15 minutes"], "1h": [3600, "one hour"], "1d": [86400, "one day"] };
  const seconds = (interval) => LENGTHS[interval][0];

  function bars(count, interval) { return `${plain(count, 0)} ${count === 1 ? "bar" : "bars"} of ${LENGTHS[interval][1]}`; }

  // The colour follows the sign that is written.
  function tone(text) { return text.startsWith("+") ? "up" : text.startsWith(MINUS) ? "down" : ""; }

  // The chart's axis holds the exchange's wall time, written as if it were UTC: days begin where the exchange's do.
  const MONTH = { month: "short" }, AXIS_DAY = { day: "numeric", month: "short" };
  const SHORT = { hour: "2-digit", minute: "2-digit" };
  function axisTick(second, kind) {
    const options = kind === 0 ? { year: "numeric" } : kind === 1 ? MONTH : kind === 2 ? AXIS_DAY : SHORT;
    return clock("UTC", options).format(second * 1000);
  }

  function axisTime(second) {
    const options = window.deskChart.isDaily() ? { ...DAY, year: "numeric" } : { ...DAY, ...SHORT };
    return clock("UTC", options).format(second * 1000).replaceAll(",", "");
  }

  window.deskFormat = { plain, money, brief, currency, countdown, signed, compact, time, day, moment, fullClock, offset, age, cell, tone, seconds, bars, axisTick, axisTime };
})();
