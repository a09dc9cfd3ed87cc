-- What each search for an ARIMA model found, stored before the fold uses it. The key is the hash of what was searched: the
-- series and its settings. A fold of the log from an earlier offset reads it here instead of searching again, so that
-- another machine, library or Python changes nothing that is written. model columns are null where none was found.
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
