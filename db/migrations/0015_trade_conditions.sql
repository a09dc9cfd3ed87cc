-- The sale conditions of a trade, one code for each; null if its source names none.
alter table quotes add column conditions text;
