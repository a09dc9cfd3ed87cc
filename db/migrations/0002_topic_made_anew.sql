-- A topic that was deleted and made anew under its old name is another log.
alter table log_origin add column topic_id text;
