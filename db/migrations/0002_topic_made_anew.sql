-- A topic that was deleted and created again under the same name is another log.
alter table log_origin add column topic_id text;
