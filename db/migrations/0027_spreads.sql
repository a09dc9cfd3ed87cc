-- The spread of a bar: ask less bid at its last quote that has both, as a share of the price between them; null where no
-- quote has, and in bars of an earlier version until the log is read again.
alter table bars add column spread double precision;
alter table open_bars add column spread double precision;
