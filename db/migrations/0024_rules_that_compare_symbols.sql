-- Rules that compare symbols. Partitions have no order among them, so these rules are judged over the stored bars, behind
-- the slowest of the symbols concerned (analytics/runtime/across).

-- Where a change of such a rule lies among the bars of the symbols at which it is judged: it applies to the bars of this
-- interval that end later. A symbol without a row had no bar yet.
create table rule_places (
    rule_id    bigint not null,
    version    bigint not null,
    symbol     text not null,
    interval   text not null,
    after      timestamptz not null,
    partition  integer not null,
    "offset"   bigint not null,
    primary key (rule_id, version, symbol, interval)
);

-- How far each symbol that such a rule concerns has closed its bars: every bar that ends by then is stored.
create table symbol_times (
    symbol        text primary key,
    partition     integer not null,
    exchange      text,
    closed_until  timestamptz not null
);

-- The splits that converted the values of a series, in order, each after the bar that ended at place.
create table series_splits (
    symbol    text not null,
    interval  text not null,
    number    integer not null,
    place     timestamptz not null,
    ratio     double precision not null,
    primary key (symbol, interval, number)
);

-- How far each version of such a rule was judged at the bars of a symbol, and its state there. Bars that ended by
-- written_until raised their alerts before they were calculated again, and raise no others. symbols are all that it
-- concerns.
create table rule_runs (
    rule_id        bigint not null,
    version        bigint not null,
    symbol         text not null,
    symbols        text[] not null,
    judged_until   timestamptz,
    written_until  timestamptz,
    is_finished    boolean not null default false,
    state          json,
    primary key (rule_id, version, symbol)
);

-- Symbols that stayed too far behind the one at whose bars a rule is judged: their values are unknown at the bars that
-- end after since, up to until (null while they are still behind). These decisions stay, whatever is calculated again.
create table given_up_symbols (
    judged  text not null,
    symbol  text not null,
    since   timestamptz not null,
    until   timestamptz,
    primary key (judged, symbol, since)
);

-- An alert of such a rule follows from bars of several partitions, so that it has no offset of its own.
alter table alerts alter column "offset" drop not null;
