-- Headlines are a kind of message of the log.
alter table progress add column headlines bigint not null default 0;
alter table progress drop constraint every_offset_accounted_for;
alter table progress add constraint every_offset_accounted_for check (
    next_offset - first_offset
        = quotes + bars + actions + time_marks + rule_changes + handlings + headlines + dead_letters
);

-- The headlines of the log, with the score that was published with them. `counts_from` is the end of the first bar at
-- which a rule may know of it; null if the symbol had no record before it.
create table headlines (
    partition    integer not null,
    "offset"     bigint not null,
    symbol       text not null,
    title        text not null,
    publisher    text,
    link         text,
    source       text not null,
    published_at timestamptz not null,
    received_at  timestamptz not null,
    counts_from  timestamptz,
    score        double precision not null check (score between -1 and 1),
    scorer       text not null,
    primary key (partition, "offset")
);
create index headlines_by_symbol on headlines (symbol, published_at);
