-- Of the snoozes of the same rule and symbol the last one in the log decides, whatever the clock was: a shorter one ends
-- a longer one before it. What waits to be delivered when a snooze begins is snoozed too.
create or replace function handlings_of(
    alert_rule text, alert_symbol text, alert_time timestamptz, alert_published_at timestamptz
) returns setof alert_handlings language sql stable as $$
    select h.* from alert_handlings h
    where h.action = 'acknowledge' and h.until >= alert_time
        and coalesce(h.rule, alert_rule) = alert_rule and coalesce(h.symbol, alert_symbol) = alert_symbol
        and (alert_published_at is null or h.handled_at >= alert_published_at)
    union all
    select s.* from (
        select distinct on (rule, symbol) * from alert_handlings where action = 'snooze'
        order by rule, symbol, "offset" desc
    ) s
    where s.until > alert_time
        and coalesce(s.rule, alert_rule) = alert_rule and coalesce(s.symbol, alert_symbol) = alert_symbol
$$;
