-- Which record of the log made a row, and when that record was appended to the log: from then on the row could be known.
-- That record closed the bar, made the forecast or caused the alert. All are null in rows of an earlier version.
alter table bars add column known_at timestamptz, add column partition integer, add column "offset" bigint;
alter table forecasts add column known_at timestamptz, add column partition integer, add column "offset" bigint;

-- Alerts have partition and offset already. Those of rules that compare symbols follow from records of several
-- partitions, so that known_at is null as their offset is.
alter table alerts add column known_at timestamptz;

-- partition and offset are those of the split or dividend itself. What settled it may be a later record of the same
-- partition: the first prices after a split show whether it took effect.
alter table corporate_actions add column known_at timestamptz, add column settled_offset bigint;
