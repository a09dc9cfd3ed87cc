-- With another number of partitions, symbols belong to other partitions. Null: a database of before, filled at a start.
alter table log_origin add column partitions integer;

-- A hash of the message before next_offset: a log that lost its end and grew again has another one there. Null: not known.
alter table progress add column fingerprint text;

-- From which offset on a group took the records of which producer: epoch and its first offset, as its records carry them.
create table producer_epochs (
    group_id      text not null,
    topic         text not null,
    partition     integer not null,
    from_offset   bigint not null,
    epoch         bigint not null,
    begin_offset  bigint not null,
    primary key (group_id, topic, partition, from_offset)
);
