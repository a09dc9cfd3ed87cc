// Formats numbers and times. Prices are numbers, times are epoch seconds UTC.
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

  // Signed numbers also have a colour; a value that rounds to zero has neither sign nor colour.
  function signed(value, decimals) {
    if (value === null || value === undefined) return UNKNOWN;
    const text = plain(Math.abs(value), decimals);
    if (Number(text.replaceAll(",", "")) === 0) return text;
    return (value > 0 ? "+" : MINUS) + text;
  }

  function compact(value) {
    if (value === null || value === undefined) return UNKNOWN;
    const magnitude = Math.abs(value); // on-balance volume may be negative
    const [unit, size] = [["T", 1e12], ["B", 1e9], ["M", 1e6], ["K", 1e3]].find(([, least]) => magnitude >= least) || ["", 1];
    return plain(value / size, unit ? 2 : Number.isInteger(value) ? 0 : 2) + unit;
  }

  // Currencies: a sign before the number, else the code after it.
  const SIGNS = { USD: "$", EUR: "\u20ac", GBP: "\u00a3", JPY: "\u00a5", CNY: "CN\u00a5", INR: "\u20b9", KRW: "\u20a9",
    HKD: "HK$", CAD: "CA$", AUD: "A$", TWD: "NT$", BRL: "R$", ILS: "\u20aa" };

  function currency(code) {
    const sign = SIGNS[code];
    return { sign: sign || "", code: sign || !code ? "" : code };
  }

  function money(value, decimals, code) {
    if (value === null || value === undefined) return UNKNOWN;
    const { sign, code: suffix } = currency(code), text = plain(value, decimals);
    const signed = text.startsWith(MINUS) ? MINUS + sign + text.slice(1) : sign + text;
    return signed + (suffix ? `\u00a0${suffix}` : "");
  }

  // A price for limited space. A number is never cut off: a long one is written in millions or as a power of ten.
  const MAX_LENGTH = 10, MAX_CELL_LENGTH = 17;
  function brief(value, decimals, code, maxLength = MAX_LENGTH) {
    const whole = money(value, decimals, code);
    if (whole === UNKNOWN || plain(value, decimals).length <= maxLength) return whole;
    if (Math.abs(value) >= 1e5 && plain(value, 0).length <= maxLength) return money(value, 0, code);
    const { sign, code: suffix } = currency(code), size = Math.abs(value);
    const unit = [["T", 1e12], ["B", 1e9], ["M", 1e6]].find(([, least]) => size >= least);
    const [digits, power] = size.toExponential(4).split("e");
    const written = unit ? plain(size / unit[1], 4) + unit[0] : `${digits}e${power.replace("+", "").replace("-", MINUS)}`;
    return (value < 0 ? MINUS : "") + sign + written + (suffix ? `\u00a0${suffix}` : "");
  }

  // A duration in its two largest units.
  const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  function countdown(seconds) {
    const whole = Math.ceil(seconds), first = Math.max(0, UNITS.findIndex(([, size]) => whole >= size));
    const parts = UNITS.slice(first, first + 2).map(([unit, size], index) => {
      const above = index ? UNITS[first][1] : Infinity;
      return `${Math.floor(whole % above / size)} ${unit}`;
    });
    return parts.join(" ");
  }

  function clock(zone, options) {
    return cached(clocks, zone + JSON.stringify(options), () => new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, hourCycle: "h23", ...options }));
  }

  const TIME = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
  const DAY = { weekday: "short", day: "numeric", month: "short" };

  function time(second, zone) { return clock(zone, TIME).format(second * 1000); }

  function day(second, zone) { return clock(zone, { day: "numeric", month: "short" }).format(second * 1000); }

  // A time relative to `now`: today's as a time, this year's with its day, others as a date.
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

  // UTC offsets change at full quarters of an hour only, so one look-up per quarter is enough.
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
    return text.length <= MAX_CELL_LENGTH ? text : text[0] + brief(Math.abs(value), decimals, null, MAX_CELL_LENGTH);
  }

  // Formats a cell's value by its kind. A currency code without a sign is shown once, in the panel's header.
  function cell(value, kind, decimals, code) {
    switch (kind) {
      case "text": case "words": case "partial": return value;
      case "range": return value.map((each) => cell(each, "price", decimals, code)).join(" \u2013 ");
      case "price": return brief(value, decimals, currency(code).sign ? code : null, MAX_CELL_LENGTH);
      case "difference": return difference(value, decimals + (decimals > 8 ? 0 : 2));
      case "distance": return brief(value, decimals + (decimals > 8 ? 0 : 2), null, MAX_CELL_LENGTH);
      case "volume": return compact(value);
      case "share": return value === null ? UNKNOWN : plain(value * 100, 1) + " %";
      default: return plain(value, 1);
    }
  }

  // The length of a bar in seconds and as text for screen readers.
  const LENGTHS = { "1m": [60, "1-minute"], "5m": [300, "5-minute"], "15m": [900, "15-minute"], "1h": [3600, "1-hour"], "1d": [86400, "daily"] };
  const seconds = (interval) => LENGTHS[interval][0];

  function bars(count, interval) { return `${plain(count, 0)} ${LENGTHS[interval][1]} ${count === 1 ? "bar" : "bars"}`; }

  // The colour follows the displayed sign.
  function tone(text) { return text.startsWith("+") ? "up" : text.startsWith(MINUS) ? "down" : ""; }

  // The chart's axis uses the exchange's local time as if it were UTC, so that days begin as at the exchange.
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
