-- The result of each search for an ARIMA model, stored before the fold uses it. The key is a hash of the searched series
-- and its settings. A fold of the log from an earlier offset reads the result here instead of searching again, so that
-- the written rows do not depend on the machine, library or Python version. Model columns are null if none was found.
create table search_outcomes (
    input     bytea primary key,
    symbol    text not null,
    interval  text not null,
    ar        double precision[],
    d         integer,
    ma        double precision[],
    constant  double precision,
    sigma     double precision,
    aicc      double precision,
    reason    text not null,
    seconds   double precision not null
);
