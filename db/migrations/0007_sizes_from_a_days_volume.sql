-- Earlier versions stored the volume of a whole day as the size of one trade in three cases: Yahoo's answers repeat the
-- volume of the last session beside prices before and after it; for a coin they give the volume of the last 24 hours, a
-- moving window; and a closing auction after the end of its session began a new day, although volumes that were no higher
-- had arrived hours before. These quotes and the bars made of them are not changed; one data alert for each symbol reports
-- them. The last 400 days are searched, once.
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
