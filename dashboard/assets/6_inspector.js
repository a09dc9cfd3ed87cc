// Everything that is shown of the symbol on the chart, beside its bars.
(function () {
  "use strict";
  const { write } = window.deskPanels;

  function note(id, ...parts) {
    write(document.getElementById(id), parts.filter(Boolean).join(" \u00b7 "));
  }

  // `row` is the symbol's row of the watchlist.
  function show(delta, row) {
    const asOf = deskFreshness.markOutdated(delta.heading, row), { code } = deskFormat.currency(row.currency);
    deskPanels.headline(row);
    deskQuote.show(delta, row);
    for (const name of ["session", "indicators"]) deskPanels.cells(name, delta[name], row);
    deskPanels.cells("forecast", delta.forecast.cells, row);
    deskPanels.message("forecast-accuracy", delta.forecast.text);
    deskPanels.summary(delta.words);
    deskOutcomes.follow(delta, row.decimals);
    deskMood.follow(delta);
    note("words-note", delta.symbol, delta.interval, asOf);
    note("forecast-note", delta.symbol, delta.interval, code, asOf);
    note("session-note", delta.symbol, code, asOf && "no data for this session yet");
    note("indicators-note", delta.symbol, delta.interval, code, asOf || delta.indicators_of);
    deskSources.symbol(delta);
  }

  window.deskInspector = { show };
})();
