-- No query of the project reads quotes by symbol alone, and the index took a third of the work and of the space of each
-- quote. The primary key begins with the event time: a query of one symbol should name a range of time.
drop index quotes_by_symbol;
