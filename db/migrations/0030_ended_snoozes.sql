-- Of the snoozes of the same rule and symbol the last one in the log decides, whatever the clock was: a shorter one ends
-- a longer one before it. What waits to be delivered when a snooze begins is snoozed too.
create or replace function handlings_of(
    alert_rule text, alert_symbol text, alert_time timestamptz, alert_published_at timestamptz
) returns setof alert_handlings language sql stable as $$
    select h.* from alert_handlings h
    where h.until >= alert_time and coalesce(h.rule, alert_rule) = alert_rule
        and coalesce(h.symbol, alert_symbol) = alert_symbol
        and case h.action
            when 'snooze' then h.until > alert_time and not exists (
                select from alert_handlings later
                where later.action = 'snooze' and later.rule is not distinct from h.rule
                    and later.symbol is not distinct from h.symbol
                    and later."offset" > h."offset"
            )
            else alert_published_at is null or h.handled_at >= alert_published_at
        end
$$;
