-- By how many seconds a symbol's exchange holds its quotes back: needed at a start, before its source is asked again.
alter table companies add column delay double precision not null default 0;
