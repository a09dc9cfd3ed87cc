-- A rule without named symbols that fired for many symbols at the end of the same bars makes one grouped alert. members
-- are the symbols whose alerts it has: those rows of alerts have the same rule, interval and event_time. symbols is how
-- many had a bar then. It is written after the alerts of its members, as soon as every symbol has closed its bars up to
-- event_time; severity is that of the alerts.
create table storms (
    rule        text not null,
    interval    text not null,
    event_time  timestamptz not null,
    members     text[] not null,
    symbols     integer not null,
    severity    text,
    primary key (rule, interval, event_time)
);

-- Until which end of a bar it is decided whether alerts belong together.
create table storm_progress (
    only_row      boolean primary key default true check (only_row),
    judged_until  timestamptz not null
);
insert into storm_progress (judged_until) select coalesce(max(event_time), to_timestamp(0)) from alerts;
