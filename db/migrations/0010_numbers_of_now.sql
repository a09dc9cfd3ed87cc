-- How much of an open bar's volume came with a price of its own: an average is of that much. Null in rows of an older
-- version until they are written anew.
alter table open_bars add column sized double precision;
-- When the simulated market took up a symbol that was added to it: its quotes begin there, its past comes before them.
alter table watched_symbols add column joined_at timestamptz;
