-- With another number of partitions, symbols belong to other partitions. Null in a database of an earlier version until
-- the next start.
alter table log_origin add column partitions integer;

-- A hash of the message before next_offset: a log that lost its end and grew again has another message there. Null:
-- unknown.
alter table progress add column fingerprint text;

-- The offset from which a group accepted the records of a producer's epoch; epoch and begin_offset are those in the
-- records.
create table producer_epochs (
    group_id      text not null,
    topic         text not null,
    partition     integer not null,
    from_offset   bigint not null,
    epoch         bigint not null,
    begin_offset  bigint not null,
    primary key (group_id, topic, partition, from_offset)
);
