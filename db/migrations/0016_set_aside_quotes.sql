-- The quotes that entered no bar because their prices are far from those before them, or older than a split that waits for
-- its confirmation. The quotes themselves are in "quotes" like all others.
create table set_aside_quotes (
    partition   integer not null,
    "offset"    bigint not null,
    symbol      text not null,
    event_time  timestamptz not null,
    price       double precision not null,
    reason      text not null,
    primary key (partition, "offset")
);
create index set_aside_quotes_by_symbol on set_aside_quotes (symbol, event_time desc);
