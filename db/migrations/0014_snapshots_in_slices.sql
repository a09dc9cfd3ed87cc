-- The offset of a symbol's state. Those of a new snapshot are written in several transactions beside the old ones; they
-- count once the snapshot of their partition has reached their offset.
alter table symbol_snapshots add column next_offset bigint not null default 0;
alter table symbol_snapshots alter column next_offset drop default;
alter table symbol_snapshots drop constraint symbol_snapshots_pkey;
alter table symbol_snapshots add primary key (group_id, topic, partition, symbol, next_offset);
