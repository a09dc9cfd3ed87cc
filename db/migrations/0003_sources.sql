-- The source's own number of a trade; null if it gives none.
alter table quotes add column trade_id bigint;

-- Splits and dividends: prices are stored as traded, and adjusted with these rows for display.
create table corporate_actions (
    symbol     text not null,
    time       timestamptz not null,
    action     text not null check (action in ('split', 'dividend')),
    value      double precision not null check (value > 0),
    currency   text,
    source     text not null,
    partition  integer not null,
    "offset"   bigint not null,
    primary key (symbol, time, action)
);

alter table progress add column actions bigint not null default 0;
alter table progress drop constraint every_offset_accounted_for;
alter table progress add constraint every_offset_accounted_for
    check (next_offset - first_offset = quotes + bars + actions + time_marks + dead_letters);

-- Symbols added or removed while running; they override the settings.
create table watched_symbols (
    symbol      text primary key,
    wanted      boolean not null,
    changed_at  timestamptz not null default now()
);
-- The sources of an added symbol, the primary source first, with the symbol's name at that source.
create table watched_sources (
    symbol       text not null references watched_symbols on delete cascade,
    rank         integer not null,
    source       text not null,
    source_name  text not null,
    primary key (symbol, rank)
);

create table companies (
    symbol      text primary key,
    name        text,
    sector      text,
    industry    text,
    exchange    text,
    time_zone   text,
    currency    text,
    quote_type  text,
    decimals    integer not null default 2,
    source      text not null,
    fetched_at  timestamptz not null
);

-- State of each symbol's quotes, written by the producer every few seconds. Wall-clock times, as in parts.
create table data_quality (
    symbol              text primary key,
    source              text not null,
    standby             text,
    state               text not null,
    cause               text not null,
    detail              text not null,
    next_try_at         timestamptz,
    session             text not null,
    opens_at            timestamptz,
    last_event_time     timestamptz,
    last_received_time  timestamptz,
    quotes_per_minute   double precision not null,
    quotes              bigint not null,
    gaps                bigint not null,
    duplicates          bigint not null,
    out_of_order        bigint not null,
    refused             bigint not null,
    reconnects          bigint not null,
    history_done        integer not null,
    history_total       integer not null,
    updated_at          timestamptz not null default now()
);

-- Alerts about the data, such as two sources that disagree, or a failover.
create table data_alerts (
    symbol      text not null,
    kind        text not null,
    raised_at   timestamptz not null,
    cleared_at  timestamptz,
    value       double precision,
    threshold   double precision,
    detail      text not null,
    primary key (symbol, kind, raised_at)
);
create index data_alerts_by_time on data_alerts (raised_at desc);

-- A live source that can be reached while the simulated market runs instead, and whether the user accepted a switch.
create table live_offers (
    only_row         boolean primary key default true check (only_row),
    source           text not null,
    reason           text not null,
    reachable_since  timestamptz,
    accepted_at      timestamptz
);
