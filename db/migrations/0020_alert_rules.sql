-- Changes of rules are a kind of message of the log.
alter table progress add column rule_changes bigint not null default 0;
alter table progress drop constraint every_offset_accounted_for;
alter table progress add constraint every_offset_accounted_for
    check (next_offset - first_offset = quotes + bars + actions + time_marks + rule_changes + dead_letters);

-- Changes of rules that somebody asked for; the producer publishes them. A text is in the normal form; an empty one
-- disarms the rule. Of a rule that is removed, the requests stay, because alerts refer to them.
create table rule_requests (
    rule_id       bigint generated always as identity,
    version       bigint not null,
    action        text not null check (action in ('add', 'disable', 'enable', 'remove')),
    text          text not null,
    requested_at  timestamptz not null default now(),
    primary key (rule_id, version)
);

-- The messages with a change of a rule, from which a request is known to be in every partition of the log.
create table rule_changes (
    rule_id    bigint not null,
    version    bigint not null,
    partition  integer not null,
    "offset"   bigint not null,
    text       text not null,
    primary key (partition, "offset")
);
create index rule_changes_by_rule on rule_changes (rule_id, version);

-- Alerts of rules have the version of their rule and every value that its condition read; those of the thresholds in
-- the settings have one value and a threshold.
alter table alerts add column rule_version bigint;
alter table alerts add column severity text;
alter table alerts add column named_values jsonb;
alter table alerts alter column value drop not null;
alter table alerts alter column threshold drop not null;
