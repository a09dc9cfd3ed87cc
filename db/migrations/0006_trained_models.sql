-- Models other than ARIMA have no order, and no forecasts beyond their own horizon: those array entries are null.
alter table forecasts alter column p drop not null, alter column d drop not null, alter column q drop not null;

-- The result of each search for an ARIMA model: one row for each search, written with the bar at which it took effect.
-- aicc is that of the model found; reason is why there is none. seconds is the duration of the search.
create table forecast_fits (
    symbol    text not null,
    interval  text not null,
    number    bigint not null,
    asked_at  timestamptz not null,
    p         integer,
    d         integer,
    q         integer,
    aicc      double precision,
    reason    text not null,
    seconds   double precision not null,
    primary key (symbol, interval, number)
);

-- Deployments: the version of a trained model that forecasts from an offset of a partition on; null: none. Written in the
-- transaction that updates the offset, so that a later fold of the log changes models at the same bars.
create table model_servings (
    partition    integer not null,
    interval     text not null,
    model        text not null,
    from_offset  bigint not null,
    version      bigint,
    primary key (partition, interval, model, from_offset)
);

-- Every training: its training rows, its holdout, and whether the version went live or stays a candidate, and why.
-- Losses are mean squared errors on the same test rows, in squared sigmas of the bar.
create table model_trainings (
    interval     text not null,
    model        text not null,
    version      bigint not null,
    parent       bigint,
    trained_at   timestamptz not null,
    rows         bigint not null,
    first_at     timestamptz not null,
    last_at      timestamptz not null,
    test_rows    bigint not null,
    loss         double precision not null,
    parent_loss  double precision,
    naive_loss   double precision not null,
    is_live      boolean not null,
    reason       text not null,
    importances  jsonb not null,
    seconds      double precision not null,
    primary key (interval, model, version)
);

-- Analysis of the errors of a model's forecasts of the next close: autocorrelation, calibration, coverage by volatility,
-- skill over time. Updated after each training round from forecasts and forecast_scores.
create table forecast_diagnostics (
    symbol    text not null,
    interval  text not null,
    model     text not null,
    as_of     timestamptz not null,
    findings  jsonb not null,
    primary key (symbol, interval, model)
);
