-- An alert of a live rule is provisional while its bar is open, and confirmed or withdrawn when the bar closes; null for
-- every other alert. A confirmed one has the values at the close, and the time at which it was provisional first.
alter table alerts add column state text check (state in ('provisional', 'confirmed', 'withdrawn'));
alter table alerts add column provisional_at timestamptz;
alter table alert_outbox add column is_provisional boolean not null default false;
