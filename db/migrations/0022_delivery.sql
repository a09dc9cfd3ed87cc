-- When delivery was first switched on: alerts of records that were published before are not delivered.
create table delivery_start (
    only_row  boolean primary key default true check (only_row),
    at        timestamptz not null default now()
);

-- Alerts to be delivered, written in the transaction that stores the alert. The id is a function of the alert, so a
-- receiver can tell that it got one twice. The values are copied: a recalculation may delete the alert and store it
-- again. `published_at` is when the broker appended the record that closed the bar. Only delivery writes `routed_at`:
-- from then on delivery_attempts has a row for each route that takes the alert.
create table alert_outbox (
    id            text primary key,
    symbol        text not null,
    interval      text not null,
    rule          text not null,
    rule_version  bigint,
    start         timestamptz not null,
    event_time    timestamptz not null,
    published_at  timestamptz not null,
    severity      text,
    value         double precision,
    threshold     double precision,
    price         double precision not null,
    named_values  jsonb,
    stored_at     timestamptz not null default now(),
    routed_at     timestamptz
);
create index alert_outbox_to_route on alert_outbox (stored_at) where routed_at is null;

-- What became of an alert on a route. `route` is scheme and host without any secret, such as jsons://example.org;
-- `reason` is why the last attempt failed or why none follows. Alerts are handled if they were snoozed, or acknowledged
-- before they were delivered.
create table delivery_attempts (
    route     text not null,
    alert_id  text not null references alert_outbox (id),
    state     text not null default 'waiting'
        check (state in ('waiting', 'delivered', 'handled', 'given up')),
    attempts  integer not null default 0,
    reason    text not null default '',
    ended_at  timestamptz,
    primary key (alert_id, route),
    check ((state = 'waiting') = (ended_at is null))
);
create index delivery_attempts_waiting on delivery_attempts (route) where state = 'waiting';

-- Failures in a row of a route, and the time before which it is not tried again, such as that of a Retry-After.
create table delivery_routes (
    route       text primary key,
    failures    integer not null default 0,
    not_before  timestamptz,
    reason      text not null default ''
);
