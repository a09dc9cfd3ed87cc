-- The forecasts made when a bar closed: one row for each bar and model, written once. Arrays are indexed by horizon, 1 to n
-- bars ahead; lower and upper also by level, so upper[1][3] is the upper bound of the next close at the third level.
-- number counts the bars of a symbol and interval: the h-th entry is the forecast of the close of bar number + h.
create table forecasts (
    symbol    text not null,
    interval  text not null,
    start     timestamptz not null,
    model     text not null,
    made_at   timestamptz not null,
    number    bigint not null,
    p         integer not null,
    d         integer not null,
    q         integer not null,
    version   bigint not null,
    close     double precision not null,
    levels    double precision[] not null,
    mean      double precision[] not null,
    sigma     double precision[] not null,
    lower     double precision[] not null,
    upper     double precision[] not null,
    primary key (symbol, interval, start, model)
);

-- The scores of the forecasts of a bar's close: one row for each bar and model, written when it closed. Arrays are
-- indexed by horizon; null where no forecast was made that long before. Errors are log returns, losses their squares.
-- winkler is the interval score.
create table forecast_scores (
    symbol      text not null,
    interval    text not null,
    start       timestamptz not null,
    model       text not null,
    scored_at   timestamptz not null,
    number      bigint not null,
    levels      double precision[] not null,
    error       double precision[] not null,
    hit         boolean[] not null,
    covered     boolean[] not null,
    winkler     double precision[] not null,
    loss        double precision[] not null,
    naive_loss  double precision[] not null,
    primary key (symbol, interval, start, model)
);

-- The accuracy of each model so far: rolling and over its lifetime. needed is the number of closes that a forecast needs.
-- difference is the mean loss minus that of "no change", with its 95 % interval.
create table forecast_records (
    symbol                     text not null,
    interval                   text not null,
    model                      text not null,
    horizon                    integer not null,
    seen                       bigint not null,
    needed                     integer not null,
    levels                     double precision[] not null,
    rolling_scores             integer not null,
    rolling_bias               double precision,
    rolling_mean_absolute      double precision,
    rolling_root_mean_square   double precision,
    rolling_scaled             double precision,
    rolling_skill              double precision,
    rolling_moves              integer,
    rolling_hit_rate           double precision,
    rolling_covered            double precision[],
    rolling_winkler            double precision[],
    lifetime_scores            bigint not null,
    lifetime_bias              double precision,
    lifetime_mean_absolute     double precision,
    lifetime_root_mean_square  double precision,
    lifetime_scaled            double precision,
    lifetime_skill             double precision,
    lifetime_moves             bigint,
    lifetime_hit_rate          double precision,
    lifetime_covered           double precision[],
    lifetime_winkler           double precision[],
    clusters                   integer,
    difference                 double precision,
    difference_low             double precision,
    difference_high            double precision,
    verdict                    text,
    champion                   text not null,
    primary key (symbol, interval, model, horizon)
);
