-- Acknowledgements and snoozes of alerts are a kind of message of the log.
alter table progress add column handlings bigint not null default 0;
alter table progress drop constraint every_offset_accounted_for;
alter table progress add constraint every_offset_accounted_for check (
    next_offset - first_offset = quotes + bars + actions + time_marks + rule_changes + handlings + dead_letters
);

-- What somebody asked to be done with alerts; the producer publishes it. Without a rule it applies to those of all
-- rules, without a symbol to those of all symbols. An acknowledgement applies to alerts whose bar ended by `until`; a
-- snooze applies until then to the delivery of alerts.
create table handling_requests (
    handling_id   uuid primary key default gen_random_uuid(),
    action        text not null check (action in ('acknowledge', 'snooze')),
    rule          text,
    symbol        text,
    until         timestamptz not null,
    handled_by    text not null,
    requested_at  timestamptz not null default now()
);

-- The same as found in the log; `handled_at` is the time of the request.
create table alert_handlings (
    handling_id  uuid primary key,
    action       text not null,
    rule         text,
    symbol       text,
    until        timestamptz not null,
    handled_by   text not null,
    handled_at   timestamptz not null,
    partition    integer not null,
    "offset"     bigint not null
);
create index alert_handlings_by_end on alert_handlings (action, until);

-- The first acknowledgement of each alert that has one.
create view acknowledged_alerts as
    select distinct on (a.symbol, a.interval, a.rule, a.start)
        a.symbol, a.interval, a.rule, a.start, h.handled_at as acknowledged_at, h.handled_by as acknowledged_by
    from alerts a join alert_handlings h
        on h.action = 'acknowledge' and h.until >= a.event_time
        and coalesce(h.rule, a.rule) = a.rule and coalesce(h.symbol, a.symbol) = a.symbol
    order by a.symbol, a.interval, a.rule, a.start, h.handled_at, h.handling_id;
