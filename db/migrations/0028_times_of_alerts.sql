-- When the record that caused an alert was published first. It outlasts the alert: a recalculation deletes alerts and
-- stores them again, and does not change what somebody had seen of them. An alert without a row is of history, or of an
-- earlier version.
create table alert_times (
    symbol        text not null,
    interval      text not null,
    rule          text not null,
    start         timestamptz not null,
    published_at  timestamptz not null,
    primary key (symbol, interval, rule, start)
);
insert into alert_times (symbol, interval, rule, start, published_at)
    select symbol, interval, rule, start, min(published_at) from alert_outbox group by symbol, interval, rule, start;

-- The acknowledgements and snoozes of an alert. An acknowledgement covers no alert that was published after it, also not
-- one of a bar that had ended by then; without a time of publication the end of the bar decides.
create function handlings_of(
    alert_rule text, alert_symbol text, alert_time timestamptz, alert_published_at timestamptz
) returns setof alert_handlings language sql stable as $$
    select h.* from alert_handlings h
    where h.until >= alert_time and coalesce(h.rule, alert_rule) = alert_rule
        and coalesce(h.symbol, alert_symbol) = alert_symbol
        and case h.action
            when 'snooze' then h.until > alert_time
            else alert_published_at is null or h.handled_at >= alert_published_at
        end
$$;

-- The first acknowledgement of each alert that has one.
create or replace view acknowledged_alerts as
    select a.symbol, a.interval, a.rule, a.start, h.handled_at as acknowledged_at, h.handled_by as acknowledged_by
    from alerts a left join alert_times t using (symbol, interval, rule, start) cross join lateral (
        select handled_at, handled_by from handlings_of(a.rule, a.symbol, a.event_time, t.published_at)
        where action = 'acknowledge' order by handled_at, handling_id limit 1
    ) h;
