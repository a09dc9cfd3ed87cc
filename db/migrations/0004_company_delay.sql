-- Delay of a symbol's quotes at its exchange, seconds: needed at a start, before the source is requested again.
alter table companies add column delay double precision not null default 0;
