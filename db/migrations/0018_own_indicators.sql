-- The values of the user's own indicators, one row for each output and closed bar; null while it is warming up, where it
-- is not defined, and once it is set aside. The rows of a file that was removed stay.
create table own_indicators (
    symbol    text not null,
    interval  text not null,
    start     timestamptz not null,
    name      text not null,
    value     double precision,
    primary key (symbol, interval, start, name)
);
