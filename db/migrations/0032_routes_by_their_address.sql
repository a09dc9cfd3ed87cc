-- In delivery_attempts and delivery_routes a route is a hash of its address with this key, so that no other route is taken
-- for it when addresses are removed or change places. What waits under the names of earlier versions, scheme and host
-- with a number, is taken over when delivery starts.
alter table delivery_start
    add column route_key bytea not null default uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());

-- `label` is how the route is shown: scheme and host, and a number if several have the same. `noted_at` is when the last
-- attempt ended: a clock that shows an earlier time was set back, and ends the pause.
delete from delivery_routes;
alter table delivery_routes add column label text not null default '', add column noted_at timestamptz;
