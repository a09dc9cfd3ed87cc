-- Models other than ARIMA have no order, and say nothing beyond their own horizon: such entries of the arrays are null.
alter table forecasts alter column p drop not null, alter column d drop not null, alter column q drop not null;

-- What became of each search for an ARIMA model: one row a search, written with the bar at which its result took
-- effect. aicc is that of the model found; reason says why there is none. seconds is what the search took.
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

-- From which offset of a partition on which version of a trained model forecasts; null: none does. Written in the
-- transaction that moves the offset, so that folding the log again changes models at the same bars.
create table model_servings (
    partition    integer not null,
    interval     text not null,
    model        text not null,
    from_offset  bigint not null,
    version      bigint,
    primary key (partition, interval, model, from_offset)
);

-- Every training: what it learnt from, what it was tested on, and whether it went live or stays a candidate, and why.
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

-- How the errors of a model's forecasts of the next close look: autocorrelation, calibration, coverage by volatility,
-- skill over time. Renewed now and then from forecasts and forecast_scores.
create table forecast_diagnostics (
    symbol    text not null,
    interval  text not null,
    model     text not null,
    as_of     timestamptz not null,
    findings  jsonb not null,
    primary key (symbol, interval, model)
);
