-- The log that this database was filled from: one topic of one Kafka cluster; it never changes.
create table log_origin (
    only_row    boolean primary key default true check (only_row),
    cluster_id  text not null,
    topic       text not null
);

-- The offset that each group has reached, with the number of records of each kind: every offset is accounted for.
create table progress (
    group_id      text not null,
    topic         text not null,
    partition     integer not null,
    first_offset  bigint not null,
    next_offset   bigint not null,
    quotes        bigint not null default 0,
    bars          bigint not null default 0,
    time_marks    bigint not null default 0,
    dead_letters  bigint not null default 0,
    updated_at    timestamptz not null default now(),
    primary key (group_id, topic, partition),
    constraint every_offset_accounted_for
        check (next_offset - first_offset = quotes + bars + time_marks + dead_letters)
);

-- Every quote of the log. Real feeds contain genuine duplicates, so the key is the place in the log, not the content.
create table quotes (
    partition       integer not null,
    "offset"        bigint not null,
    symbol          text not null,
    event_time      timestamptz not null,
    price           double precision not null,
    size            double precision,
    bid             double precision,
    ask             double precision,
    day_open        double precision,
    day_high        double precision,
    day_low         double precision,
    previous_close  double precision,
    day_volume      double precision,
    currency        text,
    exchange        text,
    session         text,
    source          text not null,
    position        bigint not null,
    received_time   timestamptz not null,
    primary key (event_time, partition, "offset")
) partition by range (event_time);
create index quotes_by_symbol on quotes (symbol, event_time);

create table dead_letters (
    partition     integer not null,
    "offset"      bigint not null,
    reason        text not null,
    key           bytea,
    message       bytea,
    appended_time timestamptz not null,
    primary key (partition, "offset")
);

-- Closed bars. They are written once and never change.
create table bars (
    symbol    text not null,
    interval  text not null,
    start     timestamptz not null,
    "end"     timestamptz not null,
    open      double precision not null,
    high      double precision not null,
    low       double precision not null,
    close     double precision not null,
    volume    double precision not null,
    vwap      double precision,
    quotes    bigint not null,
    session   text not null,
    source    text not null,
    primary key (symbol, interval, start)
);

-- Indicators of closed bars; null during warm-up.
create table indicators (
    symbol            text not null,
    interval          text not null,
    start             timestamptz not null,
    rsi               double precision,
    sma_short         double precision,
    sma_long          double precision,
    ema_short         double precision,
    ema_long          double precision,
    macd              double precision,
    macd_signal       double precision,
    macd_histogram    double precision,
    bollinger_lower   double precision,
    bollinger_middle  double precision,
    bollinger_upper   double precision,
    volatility        double precision,
    primary key (symbol, interval, start)
);

create table alerts (
    symbol      text not null,
    interval    text not null,
    rule        text not null,
    start       timestamptz not null,
    event_time  timestamptz not null,
    value       double precision not null,
    threshold   double precision not null,
    price       double precision not null,
    partition   integer not null,
    "offset"    bigint not null,
    primary key (symbol, interval, rule, start)
);
create index alerts_by_time on alerts (event_time desc);

-- The last quote of each symbol, and its counts of quotes.
create table symbols (
    symbol          text primary key,
    price           double precision not null,
    event_time      timestamptz not null,
    received_time   timestamptz not null,
    bid             double precision,
    ask             double precision,
    previous_close  double precision,
    day_open        double precision,
    day_high        double precision,
    day_low         double precision,
    day_volume      double precision,
    currency        text,
    exchange        text,
    session         text not null,
    source          text not null,
    quotes          bigint not null,
    late            bigint not null,
    extreme         bigint not null
);

-- The open bar of each symbol and interval, with the current values of its indicators.
create table open_bars (
    symbol            text not null,
    interval          text not null,
    start             timestamptz not null,
    "end"             timestamptz not null,
    open              double precision not null,
    high              double precision not null,
    low               double precision not null,
    close             double precision not null,
    volume            double precision not null,
    vwap              double precision,
    quotes            bigint not null,
    session           text not null,
    source            text not null,
    rsi               double precision,
    sma_short         double precision,
    sma_long          double precision,
    ema_short         double precision,
    ema_long          double precision,
    macd              double precision,
    macd_signal       double precision,
    macd_histogram    double precision,
    bollinger_lower   double precision,
    bollinger_middle  double precision,
    bollinger_upper   double precision,
    volatility        double precision,
    seen              integer not null,
    warm_after        integer not null,
    primary key (symbol, interval)
);

-- Snapshots: the state of the analytics part at an offset. It is loaded at a start, and the log is folded from there.
create table partition_snapshots (
    group_id     text not null,
    topic        text not null,
    partition    integer not null,
    next_offset  bigint not null,
    state        text not null,
    primary key (group_id, topic, partition)
);
create table symbol_snapshots (
    group_id   text not null,
    topic      text not null,
    partition  integer not null,
    symbol     text not null,
    state      text not null,
    primary key (group_id, topic, partition, symbol)
);

-- Heartbeats: the state of each running part, for the page. Wall-clock times; not reproducible.
create table parts (
    part        text not null,
    instance    text not null,
    state       text not null,
    detail      text not null,
    lag         bigint not null,
    per_second  double precision not null,
    started_at  timestamptz not null,
    seen_at     timestamptz not null,
    primary key (part, instance)
);
