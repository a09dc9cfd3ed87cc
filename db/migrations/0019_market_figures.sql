-- Figures of the whole market at closed bars: how many symbols rise or fall, and the beta of each to a benchmark. They
-- follow from the tables bars, indicators and corporate_actions, and are brought up to date where those have changed.

-- The intervals for which they are kept, and the settings that they are calculated with; benchmark is null for no betas.
create table market_settings (
    interval   text primary key,
    benchmark  text,
    returns    integer not null
);

-- What is still to be calculated: the figures of this symbol from this time on.
create table market_changes (
    interval      text not null,
    symbol        text not null,
    id            bigint generated always as identity,
    changed_from  timestamptz not null,
    primary key (interval, symbol, id)
);

-- Each closed bar's part in the figures. time is the start of the bar, for a day bar midnight UTC of its date. change is
-- 1, 0 or -1, null without an earlier bar; is_above compares the close with the long SMA, null while that warms up.
-- The last four are null where the benchmark has no bar at this time.
create table market_moves (
    interval     text not null,
    symbol       text not null,
    time         timestamptz not null,
    change       smallint,
    is_above     boolean,
    benchmark    text,
    beta         double precision,
    correlation  double precision,
    returns      integer,
    primary key (interval, symbol, time)
);

create view market_betas as
    select interval, time, symbol, benchmark, beta, correlation, returns from market_moves where benchmark is not null;

-- The sums of market_moves at each time.
create table market_breadth (
    interval    text not null,
    time        timestamptz not null,
    symbols     integer not null,
    advancers   integer not null,
    decliners   integer not null,
    unchanged   integer not null,
    above       integer not null,
    averaged    integer not null,
    primary key (interval, time),
    constraint every_symbol_counts_once check (
        advancers >= 0 and decliners >= 0 and unchanged >= 0 and above between 0 and averaged
        and averaged <= symbols and advancers + decliners + unchanged <= symbols
    )
);

-- Changes are noted here, in the transaction that makes them, whoever makes them. Rows of bars that are not kept cost
-- one look at market_settings a statement.
create function note_changed_bars() returns trigger language plpgsql as $$
begin
    insert into market_changes (interval, symbol, changed_from)
    select c.interval, c.symbol, min(c.start) from changed c join market_settings s on s.interval = c.interval
    group by c.interval, c.symbol;
    return null;
end $$;
create trigger note_new_bars after insert on bars
    referencing new table as changed for each statement execute function note_changed_bars();
create trigger note_replaced_bars after update on bars
    referencing new table as changed for each statement execute function note_changed_bars();
create trigger note_deleted_bars after delete on bars
    referencing old table as changed for each statement execute function note_changed_bars();

-- Indicators are inserted and deleted in the transactions of their bars, which note the change.
create function note_changed_averages() returns trigger language plpgsql as $$
begin
    insert into market_changes (interval, symbol, changed_from)
    select c.interval, c.symbol, min(c.start)
    from changed c join market_settings s on s.interval = c.interval
    join before b on b.symbol = c.symbol and b.interval = c.interval and b.start = c.start
    where b.sma_long is distinct from c.sma_long
    group by c.interval, c.symbol;
    return null;
end $$;
create trigger note_replaced_averages after update on indicators
    referencing old table as before new table as changed for each statement execute function note_changed_averages();

create function note_changed_splits() returns trigger language plpgsql as $$
begin
    insert into market_changes (interval, symbol, changed_from)
    select s.interval, c.symbol, min(c.time) from changed c cross join market_settings s where c.action = 'split'
    group by s.interval, c.symbol;
    return null;
end $$;
create trigger note_new_splits after insert on corporate_actions
    referencing new table as changed for each statement execute function note_changed_splits();
create trigger note_replaced_splits after update on corporate_actions
    referencing new table as changed for each statement execute function note_changed_splits();
create trigger note_deleted_splits after delete on corporate_actions
    referencing old table as changed for each statement execute function note_changed_splits();
