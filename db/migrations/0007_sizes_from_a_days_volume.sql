-- Earlier versions took the volume of a whole day for the size of one trade: Yahoo's answers repeat the volume of the
-- last session beside prices before and after it, and tell a coin's volume of the last 24 hours, a window that moves; and
-- a closing auction after the end of its session began a new day, though volumes that were no higher came hours before.
-- Such quotes stay as they were stored, and so do the bars that were made of them; one alert a symbol names them. The
-- last 400 days are looked through, once.
insert into data_alerts (symbol, kind, raised_at, detail)
select symbol, 'volume', now(), format(
    '%s of its quotes from %s to %s UTC have a size that an earlier version took from %s; the volume of bars in that time is too high',
    count(*), to_char(min(event_time) at time zone 'UTC', 'YYYY-MM-DD HH24:MI'),
    to_char(max(event_time) at time zone 'UTC', 'YYYY-MM-DD HH24:MI'),
    case when bool_and(exchange is not distinct from 'CCC') then 'the moving volume of 24 hours'
        else 'the volume of a whole day' end)
from quotes told
where event_time >= now() - interval '400 days' and source = 'yahoo' and size > 0 and (
    (session <> 'regular' and size = day_volume)
    or (exchange = 'CCC' and day_volume is not null)
    or (session = 'regular' and size = day_volume and exists (
        select from quotes before where before.symbol = told.symbol and before.session = 'regular'
        and before.event_time >= told.event_time - interval '6 hours' and before.event_time < told.event_time
        and before.day_volume > 0 and before.day_volume <= told.day_volume))
)
group by symbol
on conflict do nothing;
