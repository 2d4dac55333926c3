-- The spine: who is known, what they contribute, what it is matched against, what came of it, and the log of it all.
--
-- Conventions. Instants are timestamptz(3) and end in _at. Text that is compared is COLLATE "C": plates have no language.
-- There is no now() anywhere: time comes from the program's clock as a parameter, so that tests can drive it. Every CHECK
-- says why it is there. On Citus, reads, plates, matches and alerts are distributed by plate_key; all else is reference.

create extension if not exists pg_trgm;

-- Agencies, people, tokens -------------------------------------------------------------------------------------------

create table agencies (
  id           text primary key,
  no           int generated always as identity unique,
  ori          text not null unique,
  name         text not null,
  kind         text not null,
  contributing boolean not null,
  created_at   timestamptz(3) not null,
  constraint agencies_kind check (kind in ('criminal-justice', 'other', 'state')), -- CR-5.a: another kind needs the CSO's word.
  constraint agencies_ori check (ori ~ '^[A-Z]{2}[A-Z0-9]{7}$')                     -- An ORI has nine characters and begins with the state.
);
comment on table agencies is 'Participating agencies (CR overview), and the state itself, which has a row of kind state.';

create table people (
  id         text primary key,
  agency_id  text not null references agencies,
  name       text not null,
  roles      text[] not null,
  created_at timestamptz(3) not null,
  ended_at   timestamptz(3),
  constraint people_roles check (cardinality(roles) between 1 and 8) -- A person without a role could do nothing; absent means none.
);

create table devices (
  no              int generated always as identity primary key,
  id              text not null unique,
  agency_id       text not null references agencies,
  name            text not null,
  kind            text not null,
  vendor          text,
  road            text,
  timezone        text not null,
  latitude        double precision,
  longitude       double precision,
  heading_degrees smallint,
  clock_state     text not null,
  clock_skew_ms   int,
  last_seen_at    timestamptz(3),
  in_service      boolean not null default true,
  created_at      timestamptz(3) not null,
  constraint devices_kind check (kind in ('fixed', 'mobile', 'portable')),            -- MP-III.
  constraint devices_clock check (clock_state in ('synced', 'unsynced', 'unknown')),  -- Time is a claim.
  constraint devices_place check ((latitude is null) = (longitude is null)),
  constraint devices_latitude check (latitude between -90 and 90),
  constraint devices_longitude check (longitude between -180 and 180)
);
comment on column devices.clock_skew_ms is 'Server clock minus device clock at the last heartbeat that told its time; positive means the device is slow.';

create table device_aliases (
  agency_id text not null references agencies,
  alias     text not null,
  device_no int not null references devices,
  primary key (agency_id, alias)
);
comment on table device_aliases is 'What vendors call a camera (serial number, camera id), per agency, so that payloads find their device.';

create table access_tokens (
  id          text primary key,
  secret_hash bytea not null,
  kind        text not null,
  agency_id   text not null references agencies,
  person_id   text references people,
  all_devices boolean not null default false,
  name        text not null,
  created_at  timestamptz(3) not null,
  expires_at  timestamptz(3),
  revoked_at  timestamptz(3),
  constraint access_tokens_kind check (kind in ('person', 'device', 'department-server')),
  constraint access_tokens_person check ((kind = 'person') = (person_id is not null)), -- CR-1.5: no shared door.
  constraint access_tokens_hash check (octet_length(secret_hash) = 32)                  -- SHA-256 of 256 random bits; never the secret.
);
create table access_token_devices (
  token_id  text not null references access_tokens,
  device_no int not null references devices,
  primary key (token_id, device_no)
);

-- Reads --------------------------------------------------------------------------------------------------------------

-- One row is one plate seen by one device at one time. Partitioned by day of capture, so that a day goes whole. The unique
-- key is what makes a resend harmless; there is no other identifier: a read's public id is this key, encrypted under its
-- day's key (docs/decisions/0003-read-ids.md). Columns are ordered by width, since a row is stored hundreds of millions of times.
create table reads (
  captured_at             timestamptz(3) not null,
  received_at             timestamptz(3) not null,
  event_key               bigint,
  device_no               int not null,
  agency_no               int not null,
  latitude_e6             int,
  longitude_e6            int,
  heading_degrees         smallint,
  speed_kph               smallint,
  lane                    smallint,
  plate_permille          smallint,
  jurisdiction_permille   smallint,
  flags                   smallint not null default 0,
  plate                   text collate "C" not null,
  plate_key               text collate "C" not null,
  jurisdiction            text collate "C",
  raw                     text,
  make                    text,
  model                   text,
  colour                  text,
  class                   text,
  alternatives            text,
  constraint reads_once unique (plate_key, captured_at, device_no)
) partition by range (captured_at);
comment on column reads.raw is 'As the device wrote it; null where it is the plate itself.';
comment on column reads.event_key is '64 bits of a hash of the device and the vendor''s event identifier; several messages about one pass share it.';
comment on column reads.flags is 'Bits 0-1: clock 0 unknown, 1 synced, 2 unsynced. Bit 2: zone assumed. Bit 3: superseded. Bit 4: withdrawn.';
create index reads_event on reads (event_key, captured_at) where event_key is not null;

-- How a batch of reads reaches the statement that stores it: one array of these (src/intake/encode.ts).
create type read_input as (
  captured_at timestamptz, received_at timestamptz, event_key bigint, device_no int, agency_no int, latitude_e6 int, longitude_e6 int,
  heading_degrees smallint, speed_kph smallint, lane smallint, plate_permille smallint, jurisdiction_permille smallint, flags smallint,
  plate text, plate_key text, jurisdiction text, raw text, make text, model text, colour text, class text, alternatives text
);

create table read_day_keys (
  no         int primary key,
  day        date not null unique,
  secret     bytea not null,
  constraint read_day_keys_secret check (octet_length(secret) = 16)
);
comment on table read_day_keys is 'The key under which a day''s read ids are encrypted. It goes with its day, and then the ids mean nothing.';

-- Distinct plates, for partial and look-alike searches: their cost follows plates, not reads.
create table plates (
  plate_key     text collate "C" not null,
  plate         text collate "C" not null,
  last_seen_on  date not null,
  primary key (plate_key, plate)
);
comment on column plates.last_seen_on is 'First day of the last month it was seen in: a read of a known plate writes nothing here, at most once a month.';
create index plates_trigram on plates using gin (plate gin_trgm_ops);

create table device_refusals (
  day       date not null,
  agency_id text not null references agencies,
  device    text not null,
  rule      text not null,
  count     bigint not null,
  last_path text not null,
  last_at   timestamptz(3) not null,
  primary key (day, agency_id, device, rule)
);
comment on table device_refusals is 'What was refused, by device and rule, shown to the device''s agency so that an adapter can be mended.';

-- Hot lists ----------------------------------------------------------------------------------------------------------

create table feeds (
  no                       smallint generated always as identity primary key,
  id                       text not null unique,
  agency_id                text not null references agencies,
  name                     text not null,
  category                 text not null,
  format                   text not null,
  mode                     text not null,
  priority                 smallint not null,
  refresh_hours_max        int not null,
  look_back_minutes        int not null,
  alerts_other_jurisdiction boolean not null,
  alerts_look_alike        boolean not null,
  shrink_ratio_min         real not null,
  options                  jsonb not null,
  revision                 int not null default 0,
  revised_at               timestamptz(3),
  created_at               timestamptz(3) not null,
  unique (agency_id, name),
  constraint feeds_mode check (mode in ('replace', 'merge')),
  constraint feeds_priority check (priority between 0 and 100),
  constraint feeds_look_back check (look_back_minutes between 0 and 43200),
  constraint feeds_shrink check (shrink_ratio_min between 0 and 1)
);

create table feed_revisions (
  feed_no     smallint not null references feeds,
  revision    int not null,
  imported_at timestamptz(3) not null,
  file_dated_at timestamptz(3),
  by_id       text not null,
  rows        int not null,
  duplicates  int not null,
  rejected    int not null,
  added       int not null,
  changed     int not null,
  removed     int not null,
  entries     int not null,
  sha256      bytea not null,
  looked_back_at timestamptz(3),
  primary key (feed_no, revision),
  constraint feed_revisions_sha256 check (octet_length(sha256) = 32)
);
comment on column feed_revisions.rows is 'Entries of the file, without rejected rows and repeated ones. What is live after the import is in entries.';
comment on column feed_revisions.file_dated_at is 'When the file says it was made, where its header says so: a list is as old as that.';
create index feed_revisions_look_back on feed_revisions (imported_at) where looked_back_at is null;
create table feed_rejections (
  feed_no  smallint not null,
  revision int not null,
  line     int not null,
  reason   text not null,
  primary key (feed_no, revision, line),
  foreign key (feed_no, revision) references feed_revisions
);

-- An entry is live from from_revision until to_revision; a delta for a car is a query over the two. feed_no has no foreign
-- key: the one statement that writes here holds its feed's row locked, and a million checks of the same row would take longer
-- than the rest of the import.
create table hotlist_entries (
  id            bigint generated always as identity primary key,
  feed_no       smallint not null,
  from_revision int not null,
  to_revision   int,
  zero_folded   boolean not null,
  plate         text collate "C" not null,
  plate_key     text collate "C" not null,
  jurisdiction  text collate "C" not null default '',
  category      text not null,
  expires_on    date,
  reference     text,
  source_ori    text,
  details       text
);
comment on column hotlist_entries.jurisdiction is 'Empty where the list does not say: then the grade is unknown.';
create unique index hotlist_entries_live on hotlist_entries (plate_key, plate, jurisdiction, category, feed_no) where to_revision is null;
create index hotlist_entries_added on hotlist_entries (feed_no, from_revision, id);
create index hotlist_entries_history on hotlist_entries (feed_no, to_revision) where to_revision is not null;

-- Always empty: the shape of the temporary table of the same name into which an import puts a file, row by row as it
-- arrives, before anything is compared with what is live.
create table hotlist_staging (
  line         int not null,
  plate        text collate "C" not null,
  plate_key    text collate "C" not null,
  jurisdiction text collate "C" not null,
  category     text not null,
  expires_on   date,
  reference    text,
  source_ori   text,
  details      text
);

-- Matches and alerts -------------------------------------------------------------------------------------------------

create table matches (
  captured_at        timestamptz(3) not null,
  entry_id           bigint not null,
  device_no          int not null,
  feed_no            smallint not null,
  plate_key          text collate "C" not null,
  plate_grade        text not null,
  jurisdiction_grade text not null,
  alerted            boolean not null,
  constraint matches_once unique (plate_key, captured_at, device_no, entry_id),
  constraint matches_plate_grade check (plate_grade in ('exact', 'look-alike')),
  constraint matches_jurisdiction_grade check (jurisdiction_grade in ('same', 'unknown', 'other'))
);

create table alerts (
  plate_key     text collate "C" not null,
  no            bigint generated always as identity,
  id            text not null,
  captured_at   timestamptz(3) not null,
  device_no     int not null,
  raised_at     timestamptz(3) not null,
  priority      smallint not null,
  grade         text not null,
  state         text not null default 'raised',
  look_back     boolean not null default false,
  agency_ids    text[] not null,
  read          jsonb not null,
  matches       jsonb not null,
  primary key (plate_key, no),
  constraint alerts_state check (state in ('raised', 'superseded')),
  constraint alerts_once unique (plate_key, captured_at, device_no, look_back, no)
);
comment on table alerts is 'What the policy calls a hit. Carries its own copy of the read and of the entries, so that it can outlive both (CR-7.b.i).';
create index alerts_by_id on alerts (id);
create index alerts_look_back on alerts (raised_at) where look_back and state = 'raised';

-- Written in the transaction that raised it; the sequencer gives it a position once that has committed.
create table alert_queue (
  no       bigint generated always as identity primary key,
  alert_no bigint not null,
  plate_key text collate "C" not null,
  kind     text not null,
  at       timestamptz(3) not null
);
create table alert_events (
  position  bigint primary key,
  alert_no  bigint not null,
  plate_key text collate "C" not null,
  kind      text not null,
  at        timestamptz(3) not null,
  constraint alert_events_kind check (kind in ('raised', 'superseded'))
);
comment on table alert_events is 'The newest one is never deleted: the next position follows it, and a position is given once.';

-- Which agencies an event is for, so that each one's stream and list cost what it gets, not what all get.
create table alert_audience (
  position  bigint not null references alert_events,
  agency_id text not null,
  primary key (position, agency_id)
);
create index alert_audience_agency on alert_audience (agency_id, position);

-- The log ------------------------------------------------------------------------------------------------------------

-- An act that was begun and not yet closed. The outcome deletes its row in the act's own transaction: the row lock is what
-- makes a second outcome impossible.
create table log_open (
  act_id     text primary key,
  operation  text not null,
  started_at timestamptz(3) not null,
  leaf       text not null
);
-- Leaves waiting for their index. Insert-only for the program; only the sequencer takes them out.
create table log_outbox (
  id   bigint generated always as identity primary key,
  leaf text not null
);
create table log_leaves (
  index  bigint primary key,
  hash   bytea not null,
  leaf   text not null,
  constraint log_leaves_hash check (octet_length(hash) = 32)
);
create table log_tree (
  only_row boolean primary key default true,
  size     bigint not null,
  root     bytea not null,
  frontier bytea[] not null,
  constraint log_tree_one check (only_row)
);
-- The erasable side: values whose salted commitments are in the leaves. Erasing a row keeps every proof valid.
create table log_values (
  act_id text not null,
  field  text not null,
  salt   bytea not null,
  value  text not null,
  primary key (act_id, field),
  constraint log_values_salt check (octet_length(salt) = 32)
);
create table idempotency_keys (
  actor_id   text not null,
  key        text not null,
  operation  text not null,
  digest     bytea not null,
  reply      text,
  created_at timestamptz(3) not null,
  primary key (actor_id, key)
);

-- Append-only, also for whoever comes with the owner's rights: the second line behind the grants in db/roles.sql.
create function refuse_rewriting_the_log() returns trigger language plpgsql as $$
begin
  raise exception 'CR-4.c: leaves of the log are never changed or removed' using errcode = 'insufficient_privilege';
end
$$;
create trigger log_leaves_append_only before update or delete or truncate on log_leaves
  for each statement execute function refuse_rewriting_the_log();

insert into log_tree (size, root, frontier)
values (0, '\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', '{}');

-- Which set of secret keys this database belongs to: a server with other keys would read nothing rightly, so it does not start.
create table installation (
  only_row        boolean primary key default true,
  keys_fingerprint bytea,
  bootstrapped_at timestamptz(3),
  constraint installation_one check (only_row)
);
insert into installation default values;

-- Partitions of reads, one a day. Made by the program a week ahead; a function, because the program's role owns no tables.
create function create_read_partition(day date) returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
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
$$;
