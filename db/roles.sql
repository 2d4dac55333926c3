-- The second line (the first is the scope type): what each part of the program may do, granted table by table. Run after every
-- migration, by the owner. The program's roles cannot log in; the owner's connection takes them on (`-c role=`).
--
-- platekeep_app        everything acts do. It cannot change or remove a leaf of the log, a sealed value, or a read's row, except
--                      to mark a read superseded or withdrawn.
-- platekeep_sequencer  takes from the outboxes, appends to the log, moves its head, gives positions.
-- platekeep_purge      the only role that deletes what has expired.

do $$
declare role_name text;
begin
  foreach role_name in array array['platekeep_app', 'platekeep_sequencer', 'platekeep_purge'] loop
    if not exists (select from pg_roles where rolname = role_name) then
      begin
        execute format('create role %I nologin', role_name);
      exception when duplicate_object or unique_violation then null; -- Another database of this cluster made it just now.
      end;
    end if;
    begin
      execute format('grant %I to current_user', role_name);
    exception when others then
      if not pg_has_role(current_user, role_name, 'member') then raise; end if;
    end;
  end loop;
end
$$;

revoke create on schema public from public;
grant usage on schema public to platekeep_app, platekeep_sequencer, platekeep_purge;
revoke all on all tables in schema public from platekeep_app, platekeep_sequencer, platekeep_purge;

grant select on all tables in schema public to platekeep_app;
grant insert on agencies, people, devices, device_aliases, access_tokens, access_token_devices, reads, read_day_keys, plates,
  device_refusals, feeds, feed_revisions, feed_rejections, hotlist_entries, matches, alerts, alert_queue,
  log_open, log_outbox, log_values, idempotency_keys to platekeep_app;
grant update on agencies, people, devices, access_tokens, device_refusals, feeds, feed_revisions, hotlist_entries, alerts, installation to platekeep_app;
grant update (last_seen_on) on plates to platekeep_app;
grant update (flags) on reads to platekeep_app;
grant delete on log_open to platekeep_app;
-- Whoever closes an act that nobody closed locks its row first, and to lock a row one must have the right to update some column.
grant update (act_id) on log_open to platekeep_app;
-- Hot list imports stage a file in a temporary table.
do $$ begin execute format('grant temporary on database %I to platekeep_app', current_database()); end $$;

grant select, delete on log_outbox, alert_queue to platekeep_sequencer;
grant select, insert on log_leaves, alert_events to platekeep_sequencer;
grant insert on alert_audience to platekeep_sequencer;
-- Whom an alert is for, without the plate and the place.
grant select (plate_key, no, agency_ids) on alerts to platekeep_sequencer;
grant select, update on log_tree to platekeep_sequencer;

grant select, delete on reads, read_day_keys, plates, matches, log_values, idempotency_keys, device_refusals to platekeep_purge;
