-- Nothing reads it: a grouped alert has the severity of its members, which are in alerts.
alter table storms drop column severity;
