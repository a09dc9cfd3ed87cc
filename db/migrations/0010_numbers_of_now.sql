-- The part of an open bar's volume whose prices are known, on which its VWAP is based. Null in rows of an earlier version
-- until they are written again.
alter table open_bars add column sized double precision;
-- When the simulated market added a symbol: its quotes begin then; earlier times have no quotes.
alter table watched_symbols add column joined_at timestamptz;
