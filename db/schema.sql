-- What the migrations add up to. Written by `npm run schema`, compared with a migrated database by a test: change it by adding a
-- migration. Why each thing is there stands in db/migrations; who may do what with it, in test/grants.txt.

create extension pg_trgm;

create type read_input as (
  captured_at timestamp with time zone,
  received_at timestamp with time zone,
  event_key bigint,
  device_no integer,
  agency_no integer,
  latitude_e6 integer,
  longitude_e6 integer,
  heading_degrees smallint,
  speed_kph smallint,
  lane smallint,
  plate_permille smallint,
  jurisdiction_permille smallint,
  flags smallint,
  plate text,
  plate_key text,
  jurisdiction text,
  raw text,
  make text,
  model text,
  colour text,
  class text,
  alternatives text
);

create table access_token_devices (
  token_id text not null,
  device_no integer not null,
  constraint access_token_devices_pkey PRIMARY KEY (token_id, device_no),
  constraint access_token_devices_device_no_fkey FOREIGN KEY (device_no) REFERENCES devices(no),
  constraint access_token_devices_token_id_fkey FOREIGN KEY (token_id) REFERENCES access_tokens(id)
);

create table access_tokens (
  id text not null,
  secret_hash bytea not null,
  kind text not null,
  agency_id text not null,
  person_id text,
  all_devices boolean default false not null,
  name text not null,
  created_at timestamp(3) with time zone not null,
  expires_at timestamp(3) with time zone,
  revoked_at timestamp(3) with time zone,
  constraint access_tokens_pkey PRIMARY KEY (id),
  constraint access_tokens_agency_id_fkey FOREIGN KEY (agency_id) REFERENCES agencies(id),
  constraint access_tokens_person_id_fkey FOREIGN KEY (person_id) REFERENCES people(id),
  constraint access_tokens_hash CHECK ((octet_length(secret_hash) = 32)),
  constraint access_tokens_kind CHECK ((kind = ANY (ARRAY['person'::text, 'device'::text, 'department-server'::text]))),
  constraint access_tokens_person CHECK (((kind = 'person'::text) = (person_id IS NOT NULL)))
);

create table agencies (
  id text not null,
  no integer generated always as identity not null,
  ori text not null,
  name text not null,
  kind text not null,
  contributing boolean not null,
  created_at timestamp(3) with time zone not null,
  constraint agencies_pkey PRIMARY KEY (id),
  constraint agencies_no_key UNIQUE (no),
  constraint agencies_ori_key UNIQUE (ori),
  constraint agencies_kind CHECK ((kind = ANY (ARRAY['criminal-justice'::text, 'other'::text, 'state'::text]))),
  constraint agencies_ori CHECK ((ori ~ '^[A-Z]{2}[A-Z0-9]{7}$'::text))
);
comment on table agencies is 'Participating agencies (CR overview), and the state itself, which has a row of kind state.';

create table alert_audience (
  position bigint not null,
  agency_id text not null,
  constraint alert_audience_pkey PRIMARY KEY ("position", agency_id),
  constraint alert_audience_position_fkey FOREIGN KEY ("position") REFERENCES alert_events("position")
);
create index alert_audience_agency ON public.alert_audience USING btree (agency_id, "position");

create table alert_events (
  position bigint not null,
  alert_no bigint not null,
  plate_key text collate "C" not null,
  kind text not null,
  at timestamp(3) with time zone not null,
  constraint alert_events_pkey PRIMARY KEY ("position"),
  constraint alert_events_kind CHECK ((kind = ANY (ARRAY['raised'::text, 'superseded'::text])))
);
comment on table alert_events is 'The newest one is never deleted: the next position follows it, and a position is given once.';

create table alert_queue (
  no bigint generated always as identity not null,
  alert_no bigint not null,
  plate_key text collate "C" not null,
  kind text not null,
  at timestamp(3) with time zone not null,
  constraint alert_queue_pkey PRIMARY KEY (no)
);

create table alerts (
  plate_key text collate "C" not null,
  no bigint generated always as identity not null,
  id text not null,
  captured_at timestamp(3) with time zone not null,
  device_no integer not null,
  raised_at timestamp(3) with time zone not null,
  priority smallint not null,
  grade text not null,
  state text default 'raised'::text not null,
  look_back boolean default false not null,
  agency_ids text[] not null,
  read jsonb not null,
  matches jsonb not null,
  constraint alerts_pkey PRIMARY KEY (plate_key, no),
  constraint alerts_once UNIQUE (plate_key, captured_at, device_no, look_back, no),
  constraint alerts_state CHECK ((state = ANY (ARRAY['raised'::text, 'superseded'::text])))
);
comment on table alerts is 'What the policy calls a hit. Carries its own copy of the read and of the entries, so that it can outlive both (CR-7.b.i).';
create index alerts_by_id ON public.alerts USING btree (id);
create index alerts_look_back ON public.alerts USING btree (raised_at) WHERE (look_back AND (state = 'raised'::text));

create table device_aliases (
  agency_id text not null,
  alias text not null,
  device_no integer not null,
  constraint device_aliases_pkey PRIMARY KEY (agency_id, alias),
  constraint device_aliases_agency_id_fkey FOREIGN KEY (agency_id) REFERENCES agencies(id),
  constraint device_aliases_device_no_fkey FOREIGN KEY (device_no) REFERENCES devices(no)
);
comment on table device_aliases is 'What vendors call a camera (serial number, camera id), per agency, so that payloads find their device.';

create table device_refusals (
  day date not null,
  agency_id text not null,
  device text not null,
  rule text not null,
  count bigint not null,
  last_path text not null,
  last_at timestamp(3) with time zone not null,
  constraint device_refusals_pkey PRIMARY KEY (day, agency_id, device, rule),
  constraint device_refusals_agency_id_fkey FOREIGN KEY (agency_id) REFERENCES agencies(id)
);
comment on table device_refusals is 'What was refused, by device and rule, shown to the device''s agency so that an adapter can be mended.';

create table devices (
  no integer generated always as identity not null,
  id text not null,
  agency_id text not null,
  name text not null,
  kind text not null,
  vendor text,
  road text,
  timezone text not null,
  latitude double precision,
  longitude double precision,
  heading_degrees smallint,
  clock_state text not null,
  clock_skew_ms integer,
  last_seen_at timestamp(3) with time zone,
  in_service boolean default true not null,
  created_at timestamp(3) with time zone not null,
  constraint devices_pkey PRIMARY KEY (no),
  constraint devices_id_key UNIQUE (id),
  constraint devices_agency_id_fkey FOREIGN KEY (agency_id) REFERENCES agencies(id),
  constraint devices_clock CHECK ((clock_state = ANY (ARRAY['synced'::text, 'unsynced'::text, 'unknown'::text]))),
  constraint devices_kind CHECK ((kind = ANY (ARRAY['fixed'::text, 'mobile'::text, 'portable'::text]))),
  constraint devices_latitude CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
  constraint devices_longitude CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision))),
  constraint devices_place CHECK (((latitude IS NULL) = (longitude IS NULL)))
);
comment on column devices.clock_skew_ms is 'Server clock minus device clock at the last heartbeat that told its time; positive means the device is slow.';

create table feed_rejections (
  feed_no smallint not null,
  revision integer not null,
  line integer not null,
  reason text not null,
  constraint feed_rejections_pkey PRIMARY KEY (feed_no, revision, line),
  constraint feed_rejections_feed_no_revision_fkey FOREIGN KEY (feed_no, revision) REFERENCES feed_revisions(feed_no, revision)
);

create table feed_revisions (
  feed_no smallint not null,
  revision integer not null,
  imported_at timestamp(3) with time zone not null,
  file_dated_at timestamp(3) with time zone,
  by_id text not null,
  rows integer not null,
  duplicates integer not null,
  rejected integer not null,
  added integer not null,
  changed integer not null,
  removed integer not null,
  entries integer not null,
  sha256 bytea not null,
  looked_back_at timestamp(3) with time zone,
  constraint feed_revisions_pkey PRIMARY KEY (feed_no, revision),
  constraint feed_revisions_feed_no_fkey FOREIGN KEY (feed_no) REFERENCES feeds(no),
  constraint feed_revisions_sha256 CHECK ((octet_length(sha256) = 32))
);
comment on column feed_revisions.file_dated_at is 'When the file says it was made, where its header says so: a list is as old as that.';
comment on column feed_revisions.rows is 'Entries of the file, without rejected rows and repeated ones. What is live after the import is in entries.';
create index feed_revisions_look_back ON public.feed_revisions USING btree (imported_at) WHERE (looked_back_at IS NULL);

create table feeds (
  no smallint generated always as identity not null,
  id text not null,
  agency_id text not null,
  name text not null,
  category text not null,
  format text not null,
  mode text not null,
  priority smallint not null,
  refresh_hours_max integer not null,
  look_back_minutes integer not null,
  alerts_other_jurisdiction boolean not null,
  alerts_look_alike boolean not null,
  shrink_ratio_min real not null,
  options jsonb not null,
  revision integer default 0 not null,
  revised_at timestamp(3) with time zone,
  created_at timestamp(3) with time zone not null,
  constraint feeds_pkey PRIMARY KEY (no),
  constraint feeds_agency_id_name_key UNIQUE (agency_id, name),
  constraint feeds_id_key UNIQUE (id),
  constraint feeds_agency_id_fkey FOREIGN KEY (agency_id) REFERENCES agencies(id),
  constraint feeds_look_back CHECK (((look_back_minutes >= 0) AND (look_back_minutes <= 43200))),
  constraint feeds_mode CHECK ((mode = ANY (ARRAY['replace'::text, 'merge'::text]))),
  constraint feeds_priority CHECK (((priority >= 0) AND (priority <= 100))),
  constraint feeds_shrink CHECK (((shrink_ratio_min >= (0)::double precision) AND (shrink_ratio_min <= (1)::double precision)))
);

create table hotlist_entries (
  id bigint generated always as identity not null,
  feed_no smallint not null,
  from_revision integer not null,
  to_revision integer,
  zero_folded boolean not null,
  plate text collate "C" not null,
  plate_key text collate "C" not null,
  jurisdiction text collate "C" default ''::text not null,
  category text not null,
  expires_on date,
  reference text,
  source_ori text,
  details text,
  constraint hotlist_entries_pkey PRIMARY KEY (id)
);
comment on column hotlist_entries.jurisdiction is 'Empty where the list does not say: then the grade is unknown.';
create index hotlist_entries_added ON public.hotlist_entries USING btree (feed_no, from_revision, id);
create index hotlist_entries_history ON public.hotlist_entries USING btree (feed_no, to_revision) WHERE (to_revision IS NOT NULL);
create unique index hotlist_entries_live ON public.hotlist_entries USING btree (plate_key, plate, jurisdiction, category, feed_no) WHERE (to_revision IS NULL);

create table hotlist_staging (
  line integer not null,
  plate text collate "C" not null,
  plate_key text collate "C" not null,
  jurisdiction text collate "C" not null,
  category text not null,
  expires_on date,
  reference text,
  source_ori text,
  details text
);

create table idempotency_keys (
  actor_id text not null,
  key text not null,
  operation text not null,
  digest bytea not null,
  reply text,
  created_at timestamp(3) with time zone not null,
  constraint idempotency_keys_pkey PRIMARY KEY (actor_id, key)
);

create table installation (
  only_row boolean default true not null,
  keys_fingerprint bytea,
  bootstrapped_at timestamp(3) with time zone,
  constraint installation_pkey PRIMARY KEY (only_row),
  constraint installation_one CHECK (only_row)
);

create table log_leaves (
  index bigint not null,
  hash bytea not null,
  leaf text not null,
  constraint log_leaves_pkey PRIMARY KEY (index),
  constraint log_leaves_hash CHECK ((octet_length(hash) = 32))
);
CREATE TRIGGER log_leaves_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.log_leaves FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting_the_log();

create table log_open (
  act_id text not null,
  operation text not null,
  started_at timestamp(3) with time zone not null,
  leaf text not null,
  constraint log_open_pkey PRIMARY KEY (act_id)
);

create table log_outbox (
  id bigint generated always as identity not null,
  leaf text not null,
  constraint log_outbox_pkey PRIMARY KEY (id)
);

create table log_tree (
  only_row boolean default true not null,
  size bigint not null,
  root bytea not null,
  frontier bytea[] not null,
  constraint log_tree_pkey PRIMARY KEY (only_row),
  constraint log_tree_one CHECK (only_row)
);

create table log_values (
  act_id text not null,
  field text not null,
  salt bytea not null,
  value text not null,
  constraint log_values_pkey PRIMARY KEY (act_id, field),
  constraint log_values_salt CHECK ((octet_length(salt) = 32))
);

create table matches (
  captured_at timestamp(3) with time zone not null,
  entry_id bigint not null,
  device_no integer not null,
  feed_no smallint not null,
  plate_key text collate "C" not null,
  plate_grade text not null,
  jurisdiction_grade text not null,
  alerted boolean not null,
  constraint matches_once UNIQUE (plate_key, captured_at, device_no, entry_id),
  constraint matches_jurisdiction_grade CHECK ((jurisdiction_grade = ANY (ARRAY['same'::text, 'unknown'::text, 'other'::text]))),
  constraint matches_plate_grade CHECK ((plate_grade = ANY (ARRAY['exact'::text, 'look-alike'::text])))
);

create table migrations (
  name text not null,
  sha256 bytea not null,
  applied_at timestamp(3) with time zone not null,
  constraint migrations_pkey PRIMARY KEY (name)
);

create table people (
  id text not null,
  agency_id text not null,
  name text not null,
  roles text[] not null,
  created_at timestamp(3) with time zone not null,
  ended_at timestamp(3) with time zone,
  constraint people_pkey PRIMARY KEY (id),
  constraint people_agency_id_fkey FOREIGN KEY (agency_id) REFERENCES agencies(id),
  constraint people_roles CHECK (((cardinality(roles) >= 1) AND (cardinality(roles) <= 8)))
);

create table plates (
  plate_key text collate "C" not null,
  plate text collate "C" not null,
  last_seen_on date not null,
  constraint plates_pkey PRIMARY KEY (plate_key, plate)
);
comment on column plates.last_seen_on is 'First day of the last month it was seen in: a read of a known plate writes nothing here, at most once a month.';
create index plates_trigram ON public.plates USING gin (plate gin_trgm_ops);

create table read_day_keys (
  no integer not null,
  day date not null,
  secret bytea not null,
  constraint read_day_keys_pkey PRIMARY KEY (no),
  constraint read_day_keys_day_key UNIQUE (day),
  constraint read_day_keys_secret CHECK ((octet_length(secret) = 16))
);
comment on table read_day_keys is 'The key under which a day''s read ids are encrypted. It goes with its day, and then the ids mean nothing.';

create table reads (
  captured_at timestamp(3) with time zone not null,
  received_at timestamp(3) with time zone not null,
  event_key bigint,
  device_no integer not null,
  agency_no integer not null,
  latitude_e6 integer,
  longitude_e6 integer,
  heading_degrees smallint,
  speed_kph smallint,
  lane smallint,
  plate_permille smallint,
  jurisdiction_permille smallint,
  flags smallint default 0 not null,
  plate text collate "C" not null,
  plate_key text collate "C" not null,
  jurisdiction text collate "C",
  raw text,
  make text,
  model text,
  colour text,
  class text,
  alternatives text,
  constraint reads_once UNIQUE (plate_key, captured_at, device_no)
) partition by range (captured_at);
comment on column reads.event_key is '64 bits of a hash of the device and the vendor''s event identifier; several messages about one pass share it.';
comment on column reads.flags is 'Bits 0-1: clock 0 unknown, 1 synced, 2 unsynced. Bit 2: zone assumed. Bit 3: superseded. Bit 4: withdrawn.';
comment on column reads.raw is 'As the device wrote it; null where it is the plate itself.';
create index reads_event ON ONLY public.reads USING btree (event_key, captured_at) WHERE (event_key IS NOT NULL);

CREATE OR REPLACE FUNCTION public.create_read_partition(day date)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  partition text := 'reads_' || to_char(day, 'YYYYMMDD');
begin
  if to_regclass(partition) is not null then
    return false;
  end if;
  -- Made apart and then attached: attaching lets reads and writes go on, creating in place would not.
  execute format('create table %I (like reads including defaults including constraints including comments)', partition);
  execute format('alter table reads attach partition %I for values from (%L) to (%L)', partition, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
  return true;
end
$function$;

CREATE OR REPLACE FUNCTION public.refuse_rewriting_the_log()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'CR-4.c: leaves of the log are never changed or removed' using errcode = 'insufficient_privilege';
end
$function$;
