-- The schema of KCardSwap on PostgreSQL, as its revisions make it.
-- `make schema` writes this file: change revisions instead. It loads into an empty
-- database, twice as well; `kcs db adopt` then writes down of which revision that is.
--
-- revision 0044
-- sha256   18e6a0e1d47c144fca1fb26354781ce800960d7b821cb58e858d80e1cdf6aa02
--
-- 0001  Members: accounts, profiles, standings and sessions
-- 0002  The catalogue: groups, idols, releases, cards, and the names they are found by
-- 0003  Copies with their promises and chains, and want groups
-- 0004  Trades with their parties, legs, notes and history
-- 0005  Idempotency keys with the answers given under them
-- 0006  Trades remember when they were accepted, what is due when, and whose fault their end was
-- 0007  Promises name who may count on them
-- 0008  Blocks: who wants nothing more to do with whom
-- 0009  Card proposals, who confirmed them, and the history of cards
-- 0010  A merged card leads to the surviving one
-- 0011  A trade is due while it waits; some that had lapsed still were, and kept others waiting
-- 0012  Trades by mail and in rings, disputes, and a clock for what is under way
-- 0013  Ratings with their reminders, what standings count, and vouch cards
-- 0014  Address books and what trades keep of them; secrets by which two who meet know each other
-- 0015  An outbox with the positions of its readers, and histories of trades whose events are linked
-- 0016  Jobs that wait for a worker, and what recurs
-- 0017  Cases for disputed trades: statements, decisions, appeals
-- 0018  Disputes that end: withdrawn once, decided as it happened, and appealed before others
-- 0019  A trade keeps how long each answer may take, whatever has happened to it since it was sent
-- 0020  A leg knows since when its clock runs, so that a dispute puts off no clock that begins later
-- 0021  What all ratings come to, kept as a row; a worker counts it as soon as it begins
-- 0022  Tokens that are mailed, and serve once
-- 0023  A leg knows since when it is disputed, so that it gets back its own time and no other's
-- 0024  Attempts on accounts are counted, and refreshes of sessions with the session
-- 0026  Providers by which members sign in, and attempts to do so
-- 0027  An audit log whose entries are linked, and cannot be changed
-- 0028  Second factors, and sessions of staff that end sooner
-- 0029  Members leave and are erased: a time to come back, words beside their histories, long work
-- 0030  What a search for matches reads by, for whom one is due, and what was told of matches
-- 0031  Matching rounds, who takes part in them, their runs and the rings that those have found
-- 0032  Changes past the service leave a row; chains of custody and of cards are only added to
-- 0033  Addresses are sealed; `kcs data reseal` seals those that are there while members go on
-- 0034  Sealed rows are found by their key, and addresses by their fingerprint
-- 0035  Group orders, their rules, their joiners and their tags
-- 0036  Rounds of group orders, their slots, what was claimed of them and to whom they were allocated
-- 0037  The money of group orders: accounts and entries, bills and dues, payments and refunds
-- 0038  Milestones of group orders, their moves, and what providers have told of payments
-- 0039  Handovers of group orders, and ratings for them
-- 0040  Who was reminded to rate a group order, and on which day
-- 0041  Nobody hands a group order over to themselves, or rates themselves for one
-- 0042  What the market reads of events; and events that tell what was there before they told enough
-- 0043  What there is of each card now
-- 0044  Snapshots of cards by day, in months on PostgreSQL; conditions of groups; jobs that take them

SET check_function_bodies = off;
SET client_min_messages = warning;

CREATE OR REPLACE FUNCTION drop_card_snapshots_month(day date)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$
DECLARE
    part text := 'card_snapshots_' || to_char(day, 'YYYY_MM');
    has_rows boolean;
BEGIN
    IF to_regclass('public.' || part) IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('LOCK TABLE public.%I IN ACCESS EXCLUSIVE MODE', part);
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', part) INTO has_rows;
    IF has_rows THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE public.%I', part);
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION make_card_snapshots_month(day date)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$
DECLARE
    begins date := date_trunc('month', day);
    ends date := begins + interval '1 month';
    part text := 'card_snapshots_' || to_char(begins, 'YYYY_MM');
BEGIN
    IF to_regclass('public.' || part) IS NOT NULL THEN
        RETURN false;
    END IF;
    LOCK TABLE public.card_snapshots IN SHARE UPDATE EXCLUSIVE MODE;
    IF to_regclass('public.' || part) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.card_snapshots INCLUDING ALL,'
        ' CONSTRAINT within CHECK (day >= %L AND day < %L))', part, begins, ends);
    EXECUTE format('ALTER TABLE public.card_snapshots ATTACH PARTITION public.%I'
        ' FOR VALUES FROM (%L) TO (%L)', part, begins, ends);
    EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT within', part);
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION note_outside_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$
DECLARE
    before jsonb := to_jsonb(OLD);
    after jsonb := to_jsonb(NEW);
BEGIN
    INSERT INTO outside_changes (at, relation, verb, row_key, columns, who) VALUES (
        clock_timestamp(), TG_TABLE_NAME, lower(TG_OP), coalesce(after, before) ->> TG_ARGV[0],
        CASE WHEN TG_OP = 'UPDATE' THEN (
            SELECT string_agg(name, ', ' ORDER BY name) FROM jsonb_object_keys(after) name
            WHERE after -> name IS DISTINCT FROM before -> name
        ) END,
        left(concat_ws(' ', session_user, host(inet_client_addr()),
            nullif(current_setting('application_name'), '')), 200)
    );
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION refresh_card_market()
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$
BEGIN
    REFRESH MATERIALIZED VIEW CONCURRENTLY public.card_market;
END $function$;

CREATE OR REPLACE FUNCTION refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION 'Rows of % are never changed.', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
END $function$;

CREATE TABLE IF NOT EXISTS users (
    id uuid NOT NULL,
    email character varying(254) NOT NULL,
    email_key character varying(600) NOT NULL,
    password_hash character varying(255) NOT NULL,
    role character varying(20) NOT NULL,
    status character varying(20) NOT NULL,
    email_verified_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version integer NOT NULL,
    erase_after timestamp with time zone,
    CONSTRAINT ck_users_erased_after CHECK ((((status)::text <> 'deleting'::text) OR (erase_after IS NOT NULL))),
    CONSTRAINT ck_users_stays CHECK ((((status)::text <> 'active'::text) OR (erase_after IS NULL))),
    CONSTRAINT pk_users PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_users_erase_after ON users USING btree (erase_after) WHERE (erase_after IS NOT NULL);

CREATE UNIQUE INDEX IF NOT EXISTS uq_users_email_key ON users USING btree (email_key);

CREATE TABLE IF NOT EXISTS audit_end (
    id integer NOT NULL,
    number integer NOT NULL,
    hash character varying(64) NOT NULL,
    stamp character varying(64) NOT NULL,
    CONSTRAINT pk_audit_end PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS audit_entries (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    actor character varying(80),
    action character varying(40) NOT NULL,
    target character varying(80),
    ip_trunc character varying(64),
    request_id character varying(64),
    result character varying(20) NOT NULL,
    meta json NOT NULL,
    stamp character varying(64) NOT NULL,
    CONSTRAINT pk_audit_entries PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_audit_entries_action ON audit_entries USING btree (action, id);

CREATE INDEX IF NOT EXISTS ix_audit_entries_actor ON audit_entries USING btree (actor, id);

CREATE TABLE IF NOT EXISTS audit_seals (
    number integer NOT NULL,
    entry_id uuid NOT NULL,
    entry_stamp character varying(64) NOT NULL,
    before character varying(64) NOT NULL,
    hash character varying(64) NOT NULL,
    CONSTRAINT pk_audit_seals PRIMARY KEY (number)
);

CREATE UNIQUE INDEX IF NOT EXISTS uq_audit_seals_entry_id ON audit_seals USING btree (entry_id);

CREATE TABLE IF NOT EXISTS auth_throttles (
    bucket character varying(64) NOT NULL,
    hits integer NOT NULL,
    streak integer NOT NULL,
    free_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    forget_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_auth_throttles_counts CHECK (((hits > 0) AND (streak >= hits))),
    CONSTRAINT pk_auth_throttles PRIMARY KEY (bucket)
);

CREATE INDEX IF NOT EXISTS ix_auth_throttles_forget_at ON auth_throttles USING btree (forget_at);

CREATE TABLE IF NOT EXISTS idols (
    id uuid NOT NULL,
    code character varying(80) COLLATE "C" NOT NULL,
    name character varying(200) NOT NULL,
    names json NOT NULL,
    CONSTRAINT pk_idols PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS uq_idols_code ON idols USING btree (code);

CREATE TABLE IF NOT EXISTS card_snapshots (
    day date NOT NULL,
    card_id uuid NOT NULL,
    copies integer NOT NULL,
    holders integer NOT NULL,
    listed integer NOT NULL,
    listers integer NOT NULL,
    free integer NOT NULL,
    free_holders integer NOT NULL,
    wanted integer NOT NULL,
    wanters integer NOT NULL,
    proposals integer NOT NULL,
    proposers integer NOT NULL,
    completions integer NOT NULL,
    completers integer NOT NULL,
    median_wait_h integer,
    waiters integer NOT NULL,
    CONSTRAINT pk_card_snapshots PRIMARY KEY (day, card_id)
) PARTITION BY RANGE (day);

CREATE INDEX IF NOT EXISTS ix_card_snapshots_card_id ON card_snapshots USING btree (card_id, day);

CREATE TABLE IF NOT EXISTS collection_jobs (
    id uuid NOT NULL,
    kind character varying(20) NOT NULL,
    scope character varying(40) NOT NULL,
    day date NOT NULL,
    state character varying(20) NOT NULL,
    attempts integer NOT NULL,
    leased_until timestamp with time zone,
    rows integer,
    behind_event bigint,
    watermark bigint,
    error text,
    planned_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT ck_collection_jobs_kind CHECK (((kind)::text = ANY (ARRAY['snapshot'::text, 'conditions'::text]))),
    CONSTRAINT ck_collection_jobs_leased CHECK ((((state)::text = 'running'::text) = (leased_until IS NOT NULL))),
    CONSTRAINT ck_collection_jobs_state CHECK (((state)::text = ANY (ARRAY['ready'::text, 'running'::text, 'done'::text, 'failed'::text]))),
    CONSTRAINT ck_collection_jobs_watermark CHECK ((((state)::text <> 'done'::text) OR (watermark IS NOT NULL))),
    CONSTRAINT pk_collection_jobs PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_collection_jobs_state ON collection_jobs USING btree (state, day);

CREATE UNIQUE INDEX IF NOT EXISTS uq_collection_jobs_window ON collection_jobs USING btree (kind, scope, day);

CREATE TABLE IF NOT EXISTS tags (
    id uuid NOT NULL,
    name character varying(80) NOT NULL,
    label character varying(40) NOT NULL,
    CONSTRAINT pk_tags PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS uq_tags_name ON tags USING btree (name);

CREATE TABLE IF NOT EXISTS groups (
    id uuid NOT NULL,
    code character varying(80) COLLATE "C" NOT NULL,
    name character varying(200) NOT NULL,
    names json NOT NULL,
    CONSTRAINT pk_groups PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS uq_groups_code ON groups USING btree (code);

CREATE TABLE IF NOT EXISTS idempotency_keys (
    member_id uuid NOT NULL,
    method character varying(7) NOT NULL,
    path character varying(255) NOT NULL,
    key character varying(255) NOT NULL,
    digest bytea NOT NULL,
    status integer,
    headers json,
    body bytea,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (member_id, method, path, key)
);

CREATE INDEX IF NOT EXISTS ix_idempotency_keys_created_at ON idempotency_keys USING btree (created_at);

CREATE TABLE IF NOT EXISTS jobs (
    id uuid NOT NULL,
    kind character varying(60) NOT NULL,
    key character varying(120),
    payload json NOT NULL,
    state character varying(20) NOT NULL,
    run_at timestamp with time zone NOT NULL,
    attempts integer NOT NULL,
    max_attempts integer,
    leased_until timestamp with time zone,
    fence integer NOT NULL,
    last_error character varying(300),
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_jobs_leased CHECK ((((state)::text = 'running'::text) = (leased_until IS NOT NULL))),
    CONSTRAINT pk_jobs PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_jobs_leased_until ON jobs USING btree (leased_until) WHERE ((state)::text = 'running'::text);

CREATE INDEX IF NOT EXISTS ix_jobs_run_at ON jobs USING btree (run_at) WHERE ((state)::text = 'ready'::text);

CREATE UNIQUE INDEX IF NOT EXISTS uq_jobs_unfinished ON jobs USING btree (kind, key) WHERE ((state)::text = ANY (ARRAY['ready'::text, 'running'::text]));

CREATE TABLE IF NOT EXISTS market_conditions (
    day date NOT NULL,
    group_id uuid NOT NULL,
    free integer NOT NULL,
    free_holders integer NOT NULL,
    wanted integer NOT NULL,
    wanters integer NOT NULL,
    completions_7d integer NOT NULL,
    completers_7d integer NOT NULL,
    liquidity_permille integer,
    pressure_permille integer,
    regime character varying(20),
    comeback boolean NOT NULL,
    watermark bigint NOT NULL,
    CONSTRAINT ck_market_conditions_regime CHECK (((regime)::text = ANY (ARRAY['hot'::text, 'balanced'::text, 'cold'::text]))),
    CONSTRAINT pk_market_conditions PRIMARY KEY (day, group_id)
);

CREATE INDEX IF NOT EXISTS ix_market_conditions_group_id ON market_conditions USING btree (group_id, day);

CREATE TABLE IF NOT EXISTS market_copies (
    copy_id uuid NOT NULL,
    generation integer NOT NULL,
    since_event bigint NOT NULL,
    until_event bigint,
    card_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    listed boolean NOT NULL,
    agreement_id uuid,
    CONSTRAINT pk_market_copies PRIMARY KEY (copy_id, generation, since_event)
);

CREATE INDEX IF NOT EXISTS ix_market_copies_card_id ON market_copies USING btree (card_id, generation) WHERE (until_event IS NULL);

CREATE INDEX IF NOT EXISTS ix_market_copies_owner_id ON market_copies USING btree (owner_id, generation) WHERE (until_event IS NULL);

CREATE TABLE IF NOT EXISTS market_days (
    generation integer NOT NULL,
    day date NOT NULL,
    first_event bigint NOT NULL,
    CONSTRAINT pk_market_days PRIMARY KEY (generation, day)
);

CREATE TABLE IF NOT EXISTS market_deals (
    trade_id uuid NOT NULL,
    generation integer NOT NULL,
    moves json NOT NULL,
    disputed boolean NOT NULL,
    CONSTRAINT pk_market_deals PRIMARY KEY (trade_id, generation)
);

CREATE TABLE IF NOT EXISTS market_generations (
    id integer NOT NULL,
    state character varying(20) NOT NULL,
    events bigint NOT NULL,
    day date,
    begun_at timestamp with time zone NOT NULL,
    live_at timestamp with time zone,
    differences json,
    CONSTRAINT ck_market_generations_state CHECK (((state)::text = ANY (ARRAY['building'::text, 'live'::text, 'old'::text]))),
    CONSTRAINT pk_market_generations PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS uq_market_generations_reading ON market_generations USING btree (state) WHERE ((state)::text <> 'old'::text);

CREATE TABLE IF NOT EXISTS market_levels (
    member_id uuid NOT NULL,
    generation integer NOT NULL,
    trust_level integer NOT NULL,
    CONSTRAINT pk_market_levels PRIMARY KEY (member_id, generation)
);

CREATE TABLE IF NOT EXISTS market_merges (
    generation integer NOT NULL,
    event bigint NOT NULL,
    card_id uuid NOT NULL,
    into_id uuid NOT NULL,
    CONSTRAINT pk_market_merges PRIMARY KEY (generation, event)
);

CREATE TABLE IF NOT EXISTS market_moves (
    generation integer NOT NULL,
    event bigint NOT NULL,
    position integer NOT NULL,
    completed boolean NOT NULL,
    card_id uuid NOT NULL,
    giver_id uuid NOT NULL,
    receiver_id uuid NOT NULL,
    agreement_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    wanted_at timestamp with time zone,
    author_id uuid,
    CONSTRAINT pk_market_moves PRIMARY KEY (generation, event, "position")
);

CREATE INDEX IF NOT EXISTS ix_market_moves_card_id ON market_moves USING btree (card_id, generation, event);

CREATE INDEX IF NOT EXISTS ix_market_moves_giver_id ON market_moves USING btree (giver_id, generation);

CREATE INDEX IF NOT EXISTS ix_market_moves_receiver_id ON market_moves USING btree (receiver_id, generation);

CREATE TABLE IF NOT EXISTS market_refreshes (
    id integer NOT NULL,
    watermark bigint NOT NULL,
    since_event bigint NOT NULL,
    refreshed_at timestamp with time zone NOT NULL,
    CONSTRAINT pk_market_refreshes PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS market_swaps (
    trade_id uuid NOT NULL,
    generation integer NOT NULL,
    event bigint NOT NULL,
    first_id uuid NOT NULL,
    second_id uuid NOT NULL,
    first_card_id uuid NOT NULL,
    first_count integer NOT NULL,
    second_card_id uuid NOT NULL,
    second_count integer NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT pk_market_swaps PRIMARY KEY (trade_id, generation)
);

CREATE INDEX IF NOT EXISTS ix_market_swaps_first_card_id ON market_swaps USING btree (first_card_id, generation, event);

CREATE INDEX IF NOT EXISTS ix_market_swaps_second_card_id ON market_swaps USING btree (second_card_id, generation, event);

CREATE TABLE IF NOT EXISTS market_wants (
    group_id uuid NOT NULL,
    generation integer NOT NULL,
    card_id uuid NOT NULL,
    since_event bigint NOT NULL,
    until_event bigint,
    member_id uuid NOT NULL,
    slots integer NOT NULL,
    wanted_at timestamp with time zone NOT NULL,
    CONSTRAINT pk_market_wants PRIMARY KEY (group_id, generation, card_id, since_event)
);

CREATE INDEX IF NOT EXISTS ix_market_wants_card_id ON market_wants USING btree (card_id, generation) WHERE (until_event IS NULL);

CREATE INDEX IF NOT EXISTS ix_market_wants_member_id ON market_wants USING btree (member_id, generation) WHERE (until_event IS NULL);

CREATE TABLE IF NOT EXISTS names (
    subject_id uuid NOT NULL,
    position integer NOT NULL,
    form character varying(20) NOT NULL,
    text text NOT NULL,
    CONSTRAINT pk_names PRIMARY KEY (subject_id, "position")
);

CREATE TABLE IF NOT EXISTS operations (
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    kind character varying(40) NOT NULL,
    status character varying(20) NOT NULL,
    progress integer NOT NULL,
    result json,
    problem json,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_operations_progress CHECK (((progress >= 0) AND (progress <= 100))),
    CONSTRAINT pk_operations PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_operations_expires_at ON operations USING btree (expires_at);

CREATE INDEX IF NOT EXISTS ix_operations_member_id ON operations USING btree (member_id, kind);

CREATE UNIQUE INDEX IF NOT EXISTS uq_operations_unfinished ON operations USING btree (member_id, kind) WHERE ((status)::text = ANY (ARRAY['queued'::text, 'running'::text]));

CREATE TABLE IF NOT EXISTS outbox (
    position bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    id uuid NOT NULL,
    tx bigint NOT NULL,
    aggregate character varying(40) NOT NULL,
    aggregate_id uuid NOT NULL,
    kind character varying(40) NOT NULL,
    version integer NOT NULL,
    payload json NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT pk_outbox PRIMARY KEY ("position")
);

CREATE INDEX IF NOT EXISTS ix_outbox_aggregate_id ON outbox USING btree (aggregate_id, tx);

CREATE INDEX IF NOT EXISTS ix_outbox_tx ON outbox USING btree (tx, "position");

CREATE TABLE IF NOT EXISTS outbox_positions (
    consumer character varying(40) NOT NULL,
    tx bigint NOT NULL,
    position bigint NOT NULL,
    updated_at timestamp with time zone,
    CONSTRAINT pk_outbox_positions PRIMARY KEY (consumer)
);

CREATE TABLE IF NOT EXISTS outside_changes (
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    at timestamp with time zone NOT NULL,
    relation character varying(63) NOT NULL,
    verb character varying(8) NOT NULL,
    row_key text,
    columns text,
    who character varying(200),
    CONSTRAINT pk_outside_changes PRIMARY KEY (number)
);

CREATE TABLE IF NOT EXISTS rating_totals (
    sort character varying(20) NOT NULL,
    ratings integer NOT NULL,
    points integer NOT NULL,
    counted_at timestamp with time zone NOT NULL,
    CONSTRAINT pk_rating_totals PRIMARY KEY (sort)
);

CREATE TABLE IF NOT EXISTS trade_event_words (
    event_id uuid NOT NULL,
    salt character varying(32) NOT NULL,
    text text NOT NULL,
    CONSTRAINT pk_trade_event_words PRIMARY KEY (event_id)
);

CREATE TABLE IF NOT EXISTS addresses (
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    label character varying(40),
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version integer NOT NULL,
    recipient character varying(100),
    lines text,
    postal_code character varying(16),
    city character varying(100),
    region character varying(100),
    country character varying(2),
    phone character varying(30),
    sealed text,
    sealed_by smallint,
    fingerprint character varying(64),
    CONSTRAINT ck_addresses_sealed_or_plain CHECK ((((sealed IS NULL) AND (sealed_by IS NULL) AND (recipient IS NOT NULL) AND (lines IS NOT NULL) AND (city IS NOT NULL) AND (country IS NOT NULL)) OR ((sealed IS NOT NULL) AND (sealed_by IS NOT NULL) AND (recipient IS NULL) AND (lines IS NULL) AND (postal_code IS NULL) AND (city IS NULL) AND (region IS NULL) AND (country IS NULL) AND (phone IS NULL) AND (label IS NULL)))),
    CONSTRAINT fkx_addresses_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_addresses PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_addresses_fingerprint ON addresses USING btree (fingerprint);

CREATE INDEX IF NOT EXISTS ix_addresses_member_id ON addresses USING btree (member_id, id);

CREATE INDEX IF NOT EXISTS ix_addresses_sealed_by ON addresses USING btree (sealed_by);

CREATE TABLE IF NOT EXISTS authenticators (
    member_id uuid NOT NULL,
    sealed character varying(80) NOT NULL,
    last_step bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    CONSTRAINT fk_authenticators_member_id FOREIGN KEY (member_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT pk_authenticators PRIMARY KEY (member_id)
);

CREATE TABLE IF NOT EXISTS blocks (
    id uuid NOT NULL,
    blocker_id uuid NOT NULL,
    blocked_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_blocks_self CHECK ((blocker_id <> blocked_id)),
    CONSTRAINT fk_blocks_blocker_id FOREIGN KEY (blocker_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT pk_blocks PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_blocks_blocked_id ON blocks USING btree (blocked_id, blocker_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_blocks_blocker_id ON blocks USING btree (blocker_id, blocked_id);

CREATE TABLE IF NOT EXISTS linked_identities (
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    provider character varying(20) NOT NULL,
    issuer character varying(255) NOT NULL,
    subject character varying(255) NOT NULL,
    email character varying(254) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT fk_linked_identities_member_id FOREIGN KEY (member_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT pk_linked_identities PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_linked_identities_member_id ON linked_identities USING btree (member_id, id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_linked_identities_subject ON linked_identities USING btree (issuer, subject);

CREATE TABLE IF NOT EXISTS match_notices (
    id character varying(32) NOT NULL,
    member_id uuid NOT NULL,
    told_at timestamp with time zone NOT NULL,
    CONSTRAINT fkx_match_notices_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_match_notices PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_match_notices_member_id ON match_notices USING btree (member_id);

CREATE INDEX IF NOT EXISTS ix_match_notices_told_at ON match_notices USING btree (told_at);

CREATE TABLE IF NOT EXISTS match_searches (
    member_id uuid NOT NULL,
    changes integer NOT NULL,
    due_at timestamp with time zone NOT NULL,
    CONSTRAINT fkx_match_searches_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_match_searches PRIMARY KEY (member_id)
);

CREATE INDEX IF NOT EXISTS ix_match_searches_due_at ON match_searches USING btree (due_at, member_id);

CREATE TABLE IF NOT EXISTS matching_rounds (
    id uuid NOT NULL,
    opener_id uuid NOT NULL,
    title character varying(120) NOT NULL,
    region character varying(6),
    max_length integer NOT NULL,
    state character varying(20) NOT NULL,
    closes_at timestamp with time zone NOT NULL,
    seed bigint,
    closed_by uuid,
    operation_id uuid,
    generation integer NOT NULL,
    closed_at timestamp with time zone,
    settled_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version integer NOT NULL,
    CONSTRAINT ck_matching_rounds_closed CHECK (((((state)::text = 'open'::text) = (closed_at IS NULL)) AND ((closed_at IS NULL) = (seed IS NULL)) AND ((closed_at IS NULL) = (closed_by IS NULL)) AND ((closed_at IS NULL) = (generation = 0)))),
    CONSTRAINT ck_matching_rounds_max_length CHECK (((max_length >= 2) AND (max_length <= 4))),
    CONSTRAINT ck_matching_rounds_settled CHECK ((((state)::text = 'settled'::text) = (settled_at IS NOT NULL))),
    CONSTRAINT ck_matching_rounds_state CHECK (((state)::text = ANY (ARRAY['open'::text, 'closed'::text, 'solving'::text, 'published'::text, 'settled'::text]))),
    CONSTRAINT fkx_matching_rounds_closed_by FOREIGN KEY (closed_by) REFERENCES users(id),
    CONSTRAINT fkx_matching_rounds_opener_id FOREIGN KEY (opener_id) REFERENCES users(id),
    CONSTRAINT pk_matching_rounds PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_matching_rounds_closes_at ON matching_rounds USING btree (closes_at) WHERE ((state)::text = 'open'::text);

CREATE INDEX IF NOT EXISTS ix_matching_rounds_opener_id ON matching_rounds USING btree (opener_id, state);

CREATE INDEX IF NOT EXISTS ix_matching_rounds_region ON matching_rounds USING btree (region, id);

CREATE INDEX IF NOT EXISTS ix_matching_rounds_state ON matching_rounds USING btree (state, id);

CREATE TABLE IF NOT EXISTS mfa_tickets (
    digest character varying(64) NOT NULL,
    member_id uuid NOT NULL,
    amr character varying(64) NOT NULL,
    device_name character varying(64),
    delivery character varying(20) NOT NULL,
    attempts integer NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT fk_mfa_tickets_member_id FOREIGN KEY (member_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT pk_mfa_tickets PRIMARY KEY (digest)
);

CREATE INDEX IF NOT EXISTS ix_mfa_tickets_member_id ON mfa_tickets USING btree (member_id);

CREATE TABLE IF NOT EXISTS one_time_tokens (
    digest character varying(64) NOT NULL,
    purpose character varying(20) NOT NULL,
    user_id uuid NOT NULL,
    email character varying(254) NOT NULL,
    email_key character varying(600) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT fk_one_time_tokens_user_id FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT pk_one_time_tokens PRIMARY KEY (digest)
);

CREATE INDEX IF NOT EXISTS ix_one_time_tokens_email_key ON one_time_tokens USING btree (email_key) WHERE ((purpose)::text = 'undo_email_change'::text);

CREATE INDEX IF NOT EXISTS ix_one_time_tokens_expires_at ON one_time_tokens USING btree (expires_at);

CREATE INDEX IF NOT EXISTS ix_one_time_tokens_user_id ON one_time_tokens USING btree (user_id, purpose);

CREATE UNIQUE INDEX IF NOT EXISTS uq_one_time_tokens_unused ON one_time_tokens USING btree (user_id, purpose) WHERE ((used_at IS NULL) AND ((purpose)::text <> 'undo_email_change'::text));

CREATE TABLE IF NOT EXISTS profiles (
    id uuid NOT NULL,
    nickname character varying(30) NOT NULL,
    nickname_key character varying(120) COLLATE "C" NOT NULL,
    bio text,
    region character varying(6),
    locale character varying(35) NOT NULL,
    avatar_url text,
    nearby_visible boolean NOT NULL,
    show_online boolean NOT NULL,
    allow_stranger_messages boolean NOT NULL,
    accepts_proposals boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version integer NOT NULL,
    CONSTRAINT fk_profiles_id FOREIGN KEY (id) REFERENCES users(id),
    CONSTRAINT pk_profiles PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS uq_profiles_nickname_key ON profiles USING btree (nickname_key);

CREATE TABLE IF NOT EXISTS recovery_codes (
    member_id uuid NOT NULL,
    digest character varying(64) NOT NULL,
    CONSTRAINT fk_recovery_codes_member_id FOREIGN KEY (member_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT pk_recovery_codes PRIMARY KEY (member_id, digest)
);

CREATE TABLE IF NOT EXISTS refresh_sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    nonce character varying(64) NOT NULL,
    mac_kid integer NOT NULL,
    generation integer NOT NULL,
    current_hash character varying(64) NOT NULL,
    previous_hash character varying(64),
    confirmed_generation integer NOT NULL,
    delivery character varying(20) NOT NULL,
    device_name character varying(64),
    user_agent character varying(256),
    ip_trunc character varying(64),
    amr character varying(64) NOT NULL,
    auth_time timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    rotated_at timestamp with time zone NOT NULL,
    idle_expires_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    revoke_reason character varying(20),
    refreshes integer NOT NULL,
    refreshes_since timestamp with time zone NOT NULL,
    CONSTRAINT ck_refresh_sessions_generation CHECK ((generation >= 0)),
    CONSTRAINT fk_refresh_sessions_user_id FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT pk_refresh_sessions PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_refresh_sessions_user_id ON refresh_sessions USING btree (user_id, revoked_at);

CREATE TABLE IF NOT EXISTS sign_in_attempts (
    digest character varying(64) NOT NULL,
    provider character varying(20) NOT NULL,
    nonce character varying(64) NOT NULL,
    holder character varying(64),
    verifier character varying(64),
    redirect_uri text,
    delivery character varying(20),
    member_id uuid,
    session_id uuid,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_sign_in_attempts_exchange CHECK (((holder IS NULL) = (verifier IS NULL))),
    CONSTRAINT ck_sign_in_attempts_linking CHECK (((member_id IS NULL) = (session_id IS NULL))),
    CONSTRAINT fk_sign_in_attempts_member_id FOREIGN KEY (member_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT pk_sign_in_attempts PRIMARY KEY (digest)
);

CREATE INDEX IF NOT EXISTS ix_sign_in_attempts_created_at ON sign_in_attempts USING btree (created_at);

CREATE INDEX IF NOT EXISTS ix_sign_in_attempts_member_id ON sign_in_attempts USING btree (member_id);

CREATE TABLE IF NOT EXISTS standings (
    id uuid NOT NULL,
    trust_level integer NOT NULL,
    completed_trades integer NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    presence_verified integer NOT NULL,
    cancelled_at_fault integer NOT NULL,
    disputes_lost integer NOT NULL,
    credited_trades integer NOT NULL,
    proven_trades integer NOT NULL,
    partners integer NOT NULL,
    last_lost_at timestamp with time zone,
    last_fraud_at timestamp with time zone,
    CONSTRAINT ck_standings_trust_level CHECK (((trust_level >= 0) AND (trust_level <= 3))),
    CONSTRAINT fk_standings_id FOREIGN KEY (id) REFERENCES users(id),
    CONSTRAINT pk_standings PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS trades (
    id uuid NOT NULL,
    state character varying(20) NOT NULL,
    revision integer NOT NULL,
    author_id uuid,
    turn uuid,
    method character varying(20) NOT NULL,
    place character varying(200),
    planned_at timestamp with time zone,
    answer_due_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version integer NOT NULL,
    accepted_at timestamp with time zone,
    due_at timestamp with time zone,
    tracked boolean NOT NULL,
    first_sender uuid,
    reopened_by uuid,
    dispute_kind character varying(20),
    dispute_opener uuid,
    disputed_at timestamp with time zone,
    not_before timestamp with time zone,
    answer_within_hours integer NOT NULL,
    CONSTRAINT ck_trades_answer_within CHECK ((answer_within_hours > 0)),
    CONSTRAINT ck_trades_disputed_since CHECK ((((state)::text = 'disputed'::text) = (disputed_at IS NOT NULL))),
    CONSTRAINT ck_trades_due_while_it_waits CHECK (((due_at IS NULL) OR ((state)::text = ANY (ARRAY['proposed'::text, 'accepted'::text, 'fulfilling'::text, 'disputed'::text])))),
    CONSTRAINT fkx_trades_author_id FOREIGN KEY (author_id) REFERENCES users(id),
    CONSTRAINT fkx_trades_dispute_opener FOREIGN KEY (dispute_opener) REFERENCES users(id),
    CONSTRAINT fkx_trades_first_sender FOREIGN KEY (first_sender) REFERENCES users(id),
    CONSTRAINT fkx_trades_reopened_by FOREIGN KEY (reopened_by) REFERENCES users(id),
    CONSTRAINT fkx_trades_turn FOREIGN KEY (turn) REFERENCES users(id),
    CONSTRAINT pk_trades PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_trades_author_id ON trades USING btree (author_id, state);

CREATE INDEX IF NOT EXISTS ix_trades_due_at ON trades USING btree (due_at);

CREATE INDEX IF NOT EXISTS ix_trades_rateable ON trades USING btree (updated_at) WHERE ((state)::text = ANY (ARRAY['completed'::text, 'resolved'::text]));

CREATE TABLE IF NOT EXISTS vouches (
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT fk_vouches_member_id FOREIGN KEY (member_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT pk_vouches PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_vouches_member_id ON vouches USING btree (member_id, id);

CREATE TABLE IF NOT EXISTS want_groups (
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    count integer NOT NULL,
    rank integer NOT NULL,
    min_condition character varying(20),
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version integer NOT NULL,
    CONSTRAINT ck_want_groups_count CHECK ((count >= 1)),
    CONSTRAINT ck_want_groups_rank CHECK (((rank >= 1) AND (rank <= 5))),
    CONSTRAINT fkx_want_groups_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_want_groups PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_want_groups_member_id ON want_groups USING btree (member_id, id);

CREATE TABLE IF NOT EXISTS idol_memberships (
    idol_id uuid NOT NULL,
    group_id uuid NOT NULL,
    joined_on date NOT NULL,
    left_on date,
    CONSTRAINT ck_idol_memberships_ends_after_it_begins CHECK ((left_on >= joined_on)),
    CONSTRAINT fk_idol_memberships_group_id FOREIGN KEY (group_id) REFERENCES groups(id),
    CONSTRAINT fk_idol_memberships_idol_id FOREIGN KEY (idol_id) REFERENCES idols(id),
    CONSTRAINT pk_idol_memberships PRIMARY KEY (idol_id, group_id, joined_on)
);

CREATE INDEX IF NOT EXISTS ix_idol_memberships_group_id ON idol_memberships USING btree (group_id);

CREATE TABLE IF NOT EXISTS releases (
    id uuid NOT NULL,
    code character varying(80) COLLATE "C" NOT NULL,
    group_id uuid NOT NULL,
    title character varying(200) NOT NULL,
    released_on date NOT NULL,
    names json NOT NULL,
    CONSTRAINT fk_releases_group_id FOREIGN KEY (group_id) REFERENCES groups(id),
    CONSTRAINT pk_releases PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_releases_group_id ON releases USING btree (group_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_releases_code ON releases USING btree (code);

CREATE TABLE IF NOT EXISTS operation_files (
    operation_id uuid NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT fk_operation_files_operation_id FOREIGN KEY (operation_id) REFERENCES operations(id) ON DELETE CASCADE,
    CONSTRAINT pk_operation_files PRIMARY KEY (operation_id)
);

CREATE TABLE IF NOT EXISTS matching_entries (
    round_id uuid NOT NULL,
    member_id uuid NOT NULL,
    copy_ids json,
    want_group_ids json,
    joined_at timestamp with time zone NOT NULL,
    CONSTRAINT fk_matching_entries_round_id FOREIGN KEY (round_id) REFERENCES matching_rounds(id),
    CONSTRAINT fkx_matching_entries_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_matching_entries PRIMARY KEY (round_id, member_id)
);

CREATE INDEX IF NOT EXISTS ix_matching_entries_member_id ON matching_entries USING btree (member_id, round_id);

CREATE TABLE IF NOT EXISTS matching_runs (
    id uuid NOT NULL,
    round_id uuid NOT NULL,
    generation integer NOT NULL,
    strategy character varying(40) NOT NULL,
    strategy_version integer NOT NULL,
    max_length integer NOT NULL,
    seed bigint NOT NULL,
    watermark_tx bigint NOT NULL,
    watermark_position bigint NOT NULL,
    input bytea NOT NULL,
    input_digest character varying(64) NOT NULL,
    members integer NOT NULL,
    offers integer NOT NULL,
    wishes integer NOT NULL,
    frozen_at timestamp with time zone NOT NULL,
    result_digest character varying(64),
    bound integer,
    milliseconds integer,
    acceptance_permille integer,
    solved_at timestamp with time zone,
    CONSTRAINT ck_matching_runs_acceptance CHECK (((acceptance_permille >= 0) AND (acceptance_permille <= 1000))),
    CONSTRAINT ck_matching_runs_generation CHECK ((generation >= 1)),
    CONSTRAINT ck_matching_runs_solved CHECK ((((solved_at IS NULL) = (result_digest IS NULL)) AND ((solved_at IS NULL) = (bound IS NULL)) AND ((solved_at IS NULL) = (milliseconds IS NULL)) AND ((solved_at IS NULL) = (acceptance_permille IS NULL)))),
    CONSTRAINT fk_matching_runs_round_id FOREIGN KEY (round_id) REFERENCES matching_rounds(id),
    CONSTRAINT pk_matching_runs PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS uq_matching_runs_generation ON matching_runs USING btree (round_id, generation);

CREATE TABLE IF NOT EXISTS dispute_cases (
    id uuid NOT NULL,
    trade_id uuid NOT NULL,
    kind character varying(20) NOT NULL,
    opener_id uuid,
    opened_at timestamp with time zone NOT NULL,
    state character varying(20) NOT NULL,
    assigned_to uuid,
    verdict character varying(20),
    legs json,
    at_fault json,
    reason text,
    decided_by uuid,
    confirmed_by uuid,
    decided_at timestamp with time zone,
    appealed_by uuid,
    appeal text,
    appealed_at timestamp with time zone,
    outcome character varying(20),
    at_fault_now json,
    review text,
    reviewed_by uuid,
    reviewed_at timestamp with time zone,
    version integer NOT NULL,
    widened_at timestamp with time zone,
    review_confirmed_by uuid,
    CONSTRAINT ck_dispute_cases_appealed_since CHECK ((((state)::text = ANY (ARRAY['appealed'::text, 'closed'::text])) = (appealed_at IS NOT NULL))),
    CONSTRAINT ck_dispute_cases_closed_since CHECK ((((state)::text = 'closed'::text) = (reviewed_at IS NOT NULL))),
    CONSTRAINT ck_dispute_cases_decided_since CHECK ((((state)::text = ANY (ARRAY['decided'::text, 'appealed'::text, 'closed'::text])) = (decided_at IS NOT NULL))),
    CONSTRAINT ck_dispute_cases_other_reviewers CHECK (((reviewed_by <> decided_by) AND (reviewed_by <> confirmed_by) AND (review_confirmed_by <> decided_by) AND (review_confirmed_by <> confirmed_by))),
    CONSTRAINT ck_dispute_cases_two_moderators CHECK ((confirmed_by <> decided_by)),
    CONSTRAINT ck_dispute_cases_two_reviewers CHECK ((review_confirmed_by <> reviewed_by)),
    CONSTRAINT fk_dispute_cases_trade_id FOREIGN KEY (trade_id) REFERENCES trades(id),
    CONSTRAINT fkx_dispute_cases_appealed_by FOREIGN KEY (appealed_by) REFERENCES users(id),
    CONSTRAINT fkx_dispute_cases_assigned_to FOREIGN KEY (assigned_to) REFERENCES users(id),
    CONSTRAINT fkx_dispute_cases_confirmed_by FOREIGN KEY (confirmed_by) REFERENCES users(id),
    CONSTRAINT fkx_dispute_cases_decided_by FOREIGN KEY (decided_by) REFERENCES users(id),
    CONSTRAINT fkx_dispute_cases_opener_id FOREIGN KEY (opener_id) REFERENCES users(id),
    CONSTRAINT fkx_dispute_cases_review_confirmed_by FOREIGN KEY (review_confirmed_by) REFERENCES users(id),
    CONSTRAINT fkx_dispute_cases_reviewed_by FOREIGN KEY (reviewed_by) REFERENCES users(id),
    CONSTRAINT pk_dispute_cases PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_dispute_cases_state ON dispute_cases USING btree (state, id);

CREATE INDEX IF NOT EXISTS ix_dispute_cases_trade_id ON dispute_cases USING btree (trade_id, id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_dispute_cases_open ON dispute_cases USING btree (trade_id) WHERE ((state)::text = 'open'::text);

CREATE TABLE IF NOT EXISTS handshakes (
    trade_id uuid NOT NULL,
    member_id uuid NOT NULL,
    secret bytea NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    last_step integer,
    wrong_at json NOT NULL,
    CONSTRAINT fk_handshakes_trade_id FOREIGN KEY (trade_id) REFERENCES trades(id),
    CONSTRAINT fkx_handshakes_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_handshakes PRIMARY KEY (trade_id, member_id)
);

CREATE TABLE IF NOT EXISTS rating_reminders (
    trade_id uuid NOT NULL,
    member_id uuid NOT NULL,
    day integer NOT NULL,
    CONSTRAINT fk_rating_reminders_trade_id FOREIGN KEY (trade_id) REFERENCES trades(id),
    CONSTRAINT fkx_rating_reminders_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_rating_reminders PRIMARY KEY (trade_id, member_id, day)
);

CREATE TABLE IF NOT EXISTS ratings (
    id uuid NOT NULL,
    trade_id uuid NOT NULL,
    rater_id uuid NOT NULL,
    ratee_id uuid NOT NULL,
    score integer NOT NULL,
    tags json NOT NULL,
    comment text,
    rated_at timestamp with time zone NOT NULL,
    edited_at timestamp with time zone NOT NULL,
    closes_at timestamp with time zone NOT NULL,
    revealed_at timestamp with time zone,
    reply text,
    replied_at timestamp with time zone,
    hidden_by uuid,
    hidden_at timestamp with time zone,
    hidden_because text,
    CONSTRAINT ck_ratings_edited_in_time CHECK ((edited_at <= closes_at)),
    CONSTRAINT ck_ratings_score CHECK (((score >= 1) AND (score <= 5))),
    CONSTRAINT fk_ratings_trade_id FOREIGN KEY (trade_id) REFERENCES trades(id),
    CONSTRAINT fkx_ratings_hidden_by FOREIGN KEY (hidden_by) REFERENCES users(id),
    CONSTRAINT fkx_ratings_ratee_id FOREIGN KEY (ratee_id) REFERENCES users(id),
    CONSTRAINT fkx_ratings_rater_id FOREIGN KEY (rater_id) REFERENCES users(id),
    CONSTRAINT pk_ratings PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_ratings_ratee_id ON ratings USING btree (ratee_id, id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_ratings_trade_id ON ratings USING btree (trade_id, rater_id, ratee_id);

CREATE TABLE IF NOT EXISTS trade_addresses (
    trade_id uuid NOT NULL,
    member_id uuid NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    recipient character varying(100),
    lines text,
    postal_code character varying(16),
    city character varying(100),
    region character varying(100),
    country character varying(2),
    phone character varying(30),
    sealed text,
    sealed_by smallint,
    CONSTRAINT ck_trade_addresses_sealed_or_plain CHECK ((((sealed IS NULL) AND (sealed_by IS NULL) AND (recipient IS NOT NULL) AND (lines IS NOT NULL) AND (city IS NOT NULL) AND (country IS NOT NULL)) OR ((sealed IS NOT NULL) AND (sealed_by IS NOT NULL) AND (recipient IS NULL) AND (lines IS NULL) AND (postal_code IS NULL) AND (city IS NULL) AND (region IS NULL) AND (country IS NULL) AND (phone IS NULL)))),
    CONSTRAINT fk_trade_addresses_trade_id FOREIGN KEY (trade_id) REFERENCES trades(id),
    CONSTRAINT fkx_trade_addresses_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_trade_addresses PRIMARY KEY (trade_id, member_id)
);

CREATE INDEX IF NOT EXISTS ix_trade_addresses_sealed_by ON trade_addresses USING btree (sealed_by);

CREATE TABLE IF NOT EXISTS trade_events (
    id uuid NOT NULL,
    trade_id uuid NOT NULL,
    kind character varying(40) NOT NULL,
    revision integer NOT NULL,
    actor_id uuid,
    reason text,
    at timestamp with time zone NOT NULL,
    sequence integer NOT NULL,
    previous_hash character varying(64),
    hash character varying(64) NOT NULL,
    CONSTRAINT fk_trade_events_trade_id FOREIGN KEY (trade_id) REFERENCES trades(id),
    CONSTRAINT fkx_trade_events_actor_id FOREIGN KEY (actor_id) REFERENCES users(id),
    CONSTRAINT pk_trade_events PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS uq_trade_events_sequence ON trade_events USING btree (trade_id, sequence);

CREATE TABLE IF NOT EXISTS trade_legs (
    id uuid NOT NULL,
    trade_id uuid NOT NULL,
    position integer NOT NULL,
    giver_id uuid NOT NULL,
    receiver_id uuid NOT NULL,
    state character varying(20) NOT NULL,
    must_track boolean NOT NULL,
    abroad boolean NOT NULL,
    verified boolean NOT NULL,
    auto_received boolean NOT NULL,
    ship_by timestamp with time zone,
    carrier character varying(60),
    tracking_number character varying(60),
    shipped_at timestamp with time zone,
    delivered_at timestamp with time zone,
    reminded_at timestamp with time zone,
    received_at timestamp with time zone,
    waits_since timestamp with time zone,
    disputed_at timestamp with time zone,
    CONSTRAINT fk_trade_legs_trade_id FOREIGN KEY (trade_id) REFERENCES trades(id),
    CONSTRAINT fkx_trade_legs_giver_id FOREIGN KEY (giver_id) REFERENCES users(id),
    CONSTRAINT fkx_trade_legs_receiver_id FOREIGN KEY (receiver_id) REFERENCES users(id),
    CONSTRAINT pk_trade_legs PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_trade_legs_trade_id ON trade_legs USING btree (trade_id, "position");

CREATE TABLE IF NOT EXISTS trade_notes (
    id uuid NOT NULL,
    trade_id uuid NOT NULL,
    author_id uuid NOT NULL,
    text text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT fk_trade_notes_trade_id FOREIGN KEY (trade_id) REFERENCES trades(id),
    CONSTRAINT fkx_trade_notes_author_id FOREIGN KEY (author_id) REFERENCES users(id),
    CONSTRAINT pk_trade_notes PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_trade_notes_trade_id ON trade_notes USING btree (trade_id, id);

CREATE TABLE IF NOT EXISTS trade_parties (
    trade_id uuid NOT NULL,
    member_id uuid NOT NULL,
    position integer NOT NULL,
    consented_revision integer,
    at_fault boolean NOT NULL,
    resume_asked boolean NOT NULL,
    cancel_asked_at timestamp with time zone,
    dispute_withdrawn boolean NOT NULL,
    CONSTRAINT fk_trade_parties_trade_id FOREIGN KEY (trade_id) REFERENCES trades(id),
    CONSTRAINT fkx_trade_parties_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_trade_parties PRIMARY KEY (trade_id, member_id)
);

CREATE INDEX IF NOT EXISTS ix_trade_parties_member_id ON trade_parties USING btree (member_id, trade_id);

CREATE TABLE IF NOT EXISTS cards (
    id uuid NOT NULL,
    code character varying(80) COLLATE "C" NOT NULL,
    release_id uuid NOT NULL,
    kind character varying(20) NOT NULL,
    retailer character varying(80),
    version character varying(80),
    number character varying(80),
    image_url text,
    names json NOT NULL,
    merged_into_id uuid,
    CONSTRAINT fk_cards_merged_into_id FOREIGN KEY (merged_into_id) REFERENCES cards(id),
    CONSTRAINT fk_cards_release_id FOREIGN KEY (release_id) REFERENCES releases(id),
    CONSTRAINT pk_cards PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_cards_merged_into_id ON cards USING btree (merged_into_id);

CREATE INDEX IF NOT EXISTS ix_cards_release_id ON cards USING btree (release_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_cards_code ON cards USING btree (code);

CREATE TABLE IF NOT EXISTS group_orders (
    id uuid NOT NULL,
    organiser_id uuid NOT NULL,
    co_organiser_id uuid,
    title character varying(120) NOT NULL,
    description text,
    group_id uuid NOT NULL,
    release_id uuid,
    seller_type character varying(20) NOT NULL,
    seller_name character varying(120),
    destination character varying(2) NOT NULL,
    ways json NOT NULL,
    currency character varying(20) NOT NULL,
    min_trust_level integer NOT NULL,
    payment_details text,
    state character varying(20) NOT NULL,
    stalled_at timestamp with time zone,
    opened_at timestamp with time zone,
    ended_at timestamp with time zone,
    end_reason text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version integer NOT NULL,
    CONSTRAINT ck_group_orders_ended CHECK ((((state)::text = ANY (ARRAY['closed'::text, 'cancelled'::text, 'failed'::text])) = (ended_at IS NOT NULL))),
    CONSTRAINT ck_group_orders_min_trust_level CHECK (((min_trust_level >= 0) AND (min_trust_level <= 3))),
    CONSTRAINT ck_group_orders_opened CHECK (((opened_at IS NOT NULL) OR ((state)::text = ANY (ARRAY['draft'::text, 'cancelled'::text])))),
    CONSTRAINT ck_group_orders_organisers CHECK ((organiser_id <> co_organiser_id)),
    CONSTRAINT ck_group_orders_seller_type CHECK (((seller_type)::text = ANY (ARRAY['shop'::text, 'fan_account'::text, 'event'::text]))),
    CONSTRAINT ck_group_orders_state CHECK (((state)::text = ANY (ARRAY['draft'::text, 'open'::text, 'locked'::text, 'ordered'::text, 'in_transit'::text, 'arrived'::text, 'distributing'::text, 'closed'::text, 'cancelled'::text, 'failed'::text]))),
    CONSTRAINT fkx_group_orders_co_organiser_id FOREIGN KEY (co_organiser_id) REFERENCES users(id),
    CONSTRAINT fkx_group_orders_group_id FOREIGN KEY (group_id) REFERENCES groups(id),
    CONSTRAINT fkx_group_orders_organiser_id FOREIGN KEY (organiser_id) REFERENCES users(id),
    CONSTRAINT fkx_group_orders_release_id FOREIGN KEY (release_id) REFERENCES releases(id),
    CONSTRAINT pk_group_orders PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_group_orders_co_organiser_id ON group_orders USING btree (co_organiser_id);

CREATE INDEX IF NOT EXISTS ix_group_orders_group_id ON group_orders USING btree (group_id, id);

CREATE INDEX IF NOT EXISTS ix_group_orders_organiser_id ON group_orders USING btree (organiser_id, state);

CREATE INDEX IF NOT EXISTS ix_group_orders_state ON group_orders USING btree (state, id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_group_orders_currency ON group_orders USING btree (id, currency);

CREATE TABLE IF NOT EXISTS matching_rings (
    id uuid NOT NULL,
    run_id uuid NOT NULL,
    position integer NOT NULL,
    length integer NOT NULL,
    cards integer NOT NULL,
    legs json NOT NULL,
    state character varying(20) NOT NULL,
    reason character varying(20),
    refused_by uuid,
    trade_id uuid,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_matching_rings_length CHECK (((length >= 2) AND (length <= 4))),
    CONSTRAINT ck_matching_rings_planned CHECK (((trade_id IS NULL) OR ((state)::text <> 'planned'::text))),
    CONSTRAINT ck_matching_rings_proposed CHECK (((trade_id IS NOT NULL) OR ((state)::text = ANY (ARRAY['planned'::text, 'dissolved'::text])))),
    CONSTRAINT ck_matching_rings_reason CHECK ((((state)::text = ANY (ARRAY['dissolved'::text, 'broken'::text])) = (reason IS NOT NULL))),
    CONSTRAINT ck_matching_rings_state CHECK (((state)::text = ANY (ARRAY['planned'::text, 'proposed'::text, 'accepted'::text, 'completed'::text, 'dissolved'::text, 'broken'::text]))),
    CONSTRAINT fk_matching_rings_run_id FOREIGN KEY (run_id) REFERENCES matching_runs(id),
    CONSTRAINT fkx_matching_rings_refused_by FOREIGN KEY (refused_by) REFERENCES users(id),
    CONSTRAINT fkx_matching_rings_trade_id FOREIGN KEY (trade_id) REFERENCES trades(id),
    CONSTRAINT pk_matching_rings PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS uq_matching_rings_position ON matching_rings USING btree (run_id, "position");

CREATE UNIQUE INDEX IF NOT EXISTS uq_matching_rings_trade_id ON matching_rings USING btree (trade_id);

CREATE TABLE IF NOT EXISTS case_statements (
    case_id uuid NOT NULL,
    position integer NOT NULL,
    author_id uuid NOT NULL,
    text text NOT NULL,
    evidence json NOT NULL,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT fk_case_statements_case_id FOREIGN KEY (case_id) REFERENCES dispute_cases(id),
    CONSTRAINT fkx_case_statements_author_id FOREIGN KEY (author_id) REFERENCES users(id),
    CONSTRAINT pk_case_statements PRIMARY KEY (case_id, "position")
);

CREATE TABLE IF NOT EXISTS card_idols (
    card_id uuid NOT NULL,
    idol_id uuid NOT NULL,
    position integer NOT NULL,
    CONSTRAINT fk_card_idols_card_id FOREIGN KEY (card_id) REFERENCES cards(id),
    CONSTRAINT fk_card_idols_idol_id FOREIGN KEY (idol_id) REFERENCES idols(id),
    CONSTRAINT pk_card_idols PRIMARY KEY (card_id, idol_id)
);

CREATE INDEX IF NOT EXISTS ix_card_idols_idol_id ON card_idols USING btree (idol_id);

CREATE TABLE IF NOT EXISTS card_proposals (
    id uuid NOT NULL,
    proposer_id uuid NOT NULL,
    aim character varying(20) NOT NULL,
    card_id uuid,
    fields json NOT NULL,
    note text,
    state character varying(20) NOT NULL,
    decided_by uuid,
    decided_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    version integer NOT NULL,
    CONSTRAINT fk_card_proposals_card_id FOREIGN KEY (card_id) REFERENCES cards(id),
    CONSTRAINT fkx_card_proposals_decided_by FOREIGN KEY (decided_by) REFERENCES users(id),
    CONSTRAINT fkx_card_proposals_proposer_id FOREIGN KEY (proposer_id) REFERENCES users(id),
    CONSTRAINT pk_card_proposals PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_card_proposals_state ON card_proposals USING btree (state, id);

CREATE TABLE IF NOT EXISTS card_subjects (
    subject_id uuid NOT NULL,
    card_id uuid NOT NULL,
    CONSTRAINT fk_card_subjects_card_id FOREIGN KEY (card_id) REFERENCES cards(id),
    CONSTRAINT pk_card_subjects PRIMARY KEY (subject_id, card_id)
);

CREATE INDEX IF NOT EXISTS ix_card_subjects_card_id ON card_subjects USING btree (card_id);

CREATE TABLE IF NOT EXISTS copies (
    id uuid NOT NULL,
    card_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    condition character varying(20) NOT NULL,
    state character varying(20) NOT NULL,
    for_trade boolean NOT NULL,
    note text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version integer NOT NULL,
    CONSTRAINT fkx_copies_card_id FOREIGN KEY (card_id) REFERENCES cards(id),
    CONSTRAINT fkx_copies_owner_id FOREIGN KEY (owner_id) REFERENCES users(id),
    CONSTRAINT pk_copies PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_copies_listed_by_card ON copies USING btree (card_id, id, owner_id) WHERE (for_trade AND ((state)::text = 'held'::text));

CREATE INDEX IF NOT EXISTS ix_copies_listed_by_owner ON copies USING btree (owner_id, id) WHERE (for_trade AND ((state)::text = 'held'::text));

CREATE INDEX IF NOT EXISTS ix_copies_listed_by_owner_and_card ON copies USING btree (owner_id, card_id) WHERE (for_trade AND ((state)::text = 'held'::text));

CREATE INDEX IF NOT EXISTS ix_copies_owner_id ON copies USING btree (owner_id, id) WHERE ((state)::text <> 'gone'::text);

CREATE TABLE IF NOT EXISTS wanted_cards (
    want_group_id uuid NOT NULL,
    card_id uuid NOT NULL,
    position integer NOT NULL,
    CONSTRAINT fk_wanted_cards_want_group_id FOREIGN KEY (want_group_id) REFERENCES want_groups(id) ON DELETE CASCADE,
    CONSTRAINT fkx_wanted_cards_card_id FOREIGN KEY (card_id) REFERENCES cards(id),
    CONSTRAINT pk_wanted_cards PRIMARY KEY (want_group_id, card_id)
);

CREATE INDEX IF NOT EXISTS ix_wanted_cards_card_id ON wanted_cards USING btree (card_id, want_group_id);

CREATE TABLE IF NOT EXISTS group_order_tags (
    group_order_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    CONSTRAINT fk_group_order_tags_group_order_id FOREIGN KEY (group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fk_group_order_tags_tag_id FOREIGN KEY (tag_id) REFERENCES tags(id),
    CONSTRAINT pk_group_order_tags PRIMARY KEY (group_order_id, tag_id)
);

CREATE INDEX IF NOT EXISTS ix_group_order_tags_tag_id ON group_order_tags USING btree (tag_id, group_order_id);

CREATE TABLE IF NOT EXISTS ledger_accounts (
    id uuid NOT NULL,
    group_order_id uuid NOT NULL,
    name character varying(20) NOT NULL,
    member_id uuid,
    currency character varying(20) NOT NULL,
    balance bigint NOT NULL,
    CONSTRAINT ck_ledger_accounts_member CHECK (((member_id IS NOT NULL) = ((name)::text = ANY (ARRAY['receivable'::text, 'refund_payable'::text])))),
    CONSTRAINT ck_ledger_accounts_name CHECK (((name)::text = ANY (ARRAY['receivable'::text, 'reported_cash'::text, 'confirmed_cash'::text, 'vendor'::text, 'shipping'::text, 'customs'::text, 'fee'::text, 'refund_payable'::text, 'rounding'::text]))),
    CONSTRAINT ck_ledger_accounts_not_negative CHECK ((((name)::text <> ALL (ARRAY['reported_cash'::text, 'confirmed_cash'::text])) OR (balance >= 0))),
    CONSTRAINT ck_ledger_accounts_not_positive CHECK ((((name)::text <> 'refund_payable'::text) OR (balance <= 0))),
    CONSTRAINT fk_ledger_accounts_group_order_id_currency FOREIGN KEY (group_order_id, currency) REFERENCES group_orders(id, currency),
    CONSTRAINT fkx_ledger_accounts_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_ledger_accounts PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_ledger_accounts_group_order_id ON ledger_accounts USING btree (group_order_id, currency);

CREATE INDEX IF NOT EXISTS ix_ledger_accounts_member_id ON ledger_accounts USING btree (member_id, group_order_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_ledger_accounts_currency ON ledger_accounts USING btree (id, group_order_id, currency);

CREATE UNIQUE INDEX IF NOT EXISTS uq_ledger_accounts_member ON ledger_accounts USING btree (group_order_id, name, member_id) WHERE (member_id IS NOT NULL);

CREATE UNIQUE INDEX IF NOT EXISTS uq_ledger_accounts_name ON ledger_accounts USING btree (group_order_id, name) WHERE (member_id IS NULL);

CREATE TABLE IF NOT EXISTS order_bills (
    id uuid NOT NULL,
    group_order_id uuid NOT NULL,
    kind character varying(20) NOT NULL,
    total bigint NOT NULL,
    split character varying(20) NOT NULL,
    note text,
    due_at timestamp with time zone NOT NULL,
    original_currency character varying(20),
    original_amount bigint,
    rate character varying(40),
    rated_on date,
    issued_by uuid,
    issued_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_order_bills_kind CHECK (((kind)::text = ANY (ARRAY['item'::text, 'ems'::text, 'domestic'::text, 'customs'::text, 'fee'::text, 'late_fee'::text, 'adjustment'::text]))),
    CONSTRAINT ck_order_bills_original CHECK ((((original_currency IS NULL) = (original_amount IS NULL)) AND ((original_currency IS NULL) = (rate IS NULL)) AND ((original_currency IS NULL) = (rated_on IS NULL)))),
    CONSTRAINT ck_order_bills_split CHECK (((split)::text = ANY (ARRAY['unit'::text, 'weight'::text, 'value'::text, 'none'::text]))),
    CONSTRAINT ck_order_bills_total CHECK (((total > 0) OR (((kind)::text = 'adjustment'::text) AND (total <> 0)))),
    CONSTRAINT fk_order_bills_group_order_id FOREIGN KEY (group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fkx_order_bills_issued_by FOREIGN KEY (issued_by) REFERENCES users(id),
    CONSTRAINT pk_order_bills PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_order_bills_group_order_id ON order_bills USING btree (group_order_id, id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_bills_order ON order_bills USING btree (id, group_order_id);

CREATE TABLE IF NOT EXISTS order_handovers (
    id uuid NOT NULL,
    group_order_id uuid NOT NULL,
    giver_id uuid NOT NULL,
    receiver_id uuid NOT NULL,
    asked_by uuid NOT NULL,
    reason text,
    asked_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    approved_by uuid,
    approved_at timestamp with time zone,
    ended_at timestamp with time zone,
    outcome character varying(20),
    CONSTRAINT ck_order_handovers_approved CHECK (((approved_at IS NULL) = (approved_by IS NULL))),
    CONSTRAINT ck_order_handovers_done CHECK ((((outcome)::text <> 'done'::text) OR ((accepted_at IS NOT NULL) AND (approved_at IS NOT NULL)))),
    CONSTRAINT ck_order_handovers_ended CHECK (((ended_at IS NULL) = (outcome IS NULL))),
    CONSTRAINT ck_order_handovers_organisers CHECK ((giver_id <> receiver_id)),
    CONSTRAINT ck_order_handovers_outcome CHECK (((outcome)::text = ANY (ARRAY['done'::text, 'void'::text]))),
    CONSTRAINT fk_order_handovers_group_order_id FOREIGN KEY (group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fkx_order_handovers_approved_by FOREIGN KEY (approved_by) REFERENCES users(id),
    CONSTRAINT fkx_order_handovers_asked_by FOREIGN KEY (asked_by) REFERENCES users(id),
    CONSTRAINT fkx_order_handovers_giver_id FOREIGN KEY (giver_id) REFERENCES users(id),
    CONSTRAINT fkx_order_handovers_receiver_id FOREIGN KEY (receiver_id) REFERENCES users(id),
    CONSTRAINT pk_order_handovers PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_order_handovers_group_order_id ON order_handovers USING btree (group_order_id, id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_handovers_pending ON order_handovers USING btree (group_order_id) WHERE (ended_at IS NULL);

CREATE TABLE IF NOT EXISTS order_joiners (
    group_order_id uuid NOT NULL,
    member_id uuid NOT NULL,
    rules_version integer NOT NULL,
    reference character varying(16) NOT NULL,
    joined_at timestamp with time zone NOT NULL,
    CONSTRAINT fk_order_joiners_group_order_id FOREIGN KEY (group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fkx_order_joiners_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_order_joiners PRIMARY KEY (group_order_id, member_id)
);

CREATE INDEX IF NOT EXISTS ix_order_joiners_member_id ON order_joiners USING btree (member_id, group_order_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_joiners_reference ON order_joiners USING btree (reference);

CREATE TABLE IF NOT EXISTS order_milestones (
    id uuid NOT NULL,
    group_order_id uuid NOT NULL,
    kind character varying(20) NOT NULL,
    planned_on date NOT NULL,
    due_at timestamp with time zone NOT NULL,
    done_at timestamp with time zone,
    done_by uuid,
    note text,
    proof_url character varying(500),
    overdue_at timestamp with time zone,
    skipped_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    version integer NOT NULL,
    CONSTRAINT ck_order_milestones_done CHECK (((done_at IS NULL) = (done_by IS NULL))),
    CONSTRAINT ck_order_milestones_kind CHECK (((kind)::text = ANY (ARRAY['ordered'::text, 'seller_shipped'::text, 'at_forwarder'::text, 'shipped_abroad'::text, 'arrived'::text, 'sorted'::text, 'domestic_shipped'::text, 'delivered'::text]))),
    CONSTRAINT ck_order_milestones_skipped CHECK (((done_at IS NULL) OR (skipped_at IS NULL))),
    CONSTRAINT fk_order_milestones_group_order_id FOREIGN KEY (group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fkx_order_milestones_done_by FOREIGN KEY (done_by) REFERENCES users(id),
    CONSTRAINT pk_order_milestones PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_order_milestones_due_at ON order_milestones USING btree (due_at, group_order_id) WHERE ((done_at IS NULL) AND (skipped_at IS NULL));

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_milestones_kind ON order_milestones USING btree (group_order_id, kind);

CREATE TABLE IF NOT EXISTS order_payments (
    id uuid NOT NULL,
    group_order_id uuid NOT NULL,
    member_id uuid NOT NULL,
    amount bigint NOT NULL,
    method character varying(40) NOT NULL,
    reference character varying(120),
    picture_url character varying(2000),
    source character varying(20) NOT NULL,
    state character varying(20) NOT NULL,
    reported_at timestamp with time zone NOT NULL,
    answer_due_at timestamp with time zone NOT NULL,
    flagged_at timestamp with time zone,
    answered_at timestamp with time zone,
    reason text,
    CONSTRAINT ck_order_payments_amount CHECK ((amount > 0)),
    CONSTRAINT ck_order_payments_answered CHECK ((((state)::text = 'reported'::text) = (answered_at IS NULL))),
    CONSTRAINT ck_order_payments_source CHECK (((source)::text = ANY (ARRAY['member'::text, 'provider'::text]))),
    CONSTRAINT ck_order_payments_state CHECK (((state)::text = ANY (ARRAY['reported'::text, 'confirmed'::text, 'disputed'::text, 'withdrawn'::text]))),
    CONSTRAINT fk_order_payments_group_order_id FOREIGN KEY (group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fkx_order_payments_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_order_payments PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_order_payments_answer_due_at ON order_payments USING btree (answer_due_at) WHERE (((state)::text = 'reported'::text) AND (flagged_at IS NULL));

CREATE INDEX IF NOT EXISTS ix_order_payments_group_order_id ON order_payments USING btree (group_order_id, member_id, state);

CREATE INDEX IF NOT EXISTS ix_order_payments_member_id ON order_payments USING btree (member_id, group_order_id);

CREATE TABLE IF NOT EXISTS order_rating_reminders (
    group_order_id uuid NOT NULL,
    member_id uuid NOT NULL,
    day integer NOT NULL,
    CONSTRAINT fk_order_rating_reminders_group_order_id FOREIGN KEY (group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fkx_order_rating_reminders_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_order_rating_reminders PRIMARY KEY (group_order_id, member_id, day)
);

CREATE TABLE IF NOT EXISTS order_ratings (
    id uuid NOT NULL,
    group_order_id uuid NOT NULL,
    rater_id uuid NOT NULL,
    ratee_id uuid NOT NULL,
    score integer NOT NULL,
    tags json NOT NULL,
    comment text,
    rated_at timestamp with time zone NOT NULL,
    edited_at timestamp with time zone NOT NULL,
    closes_at timestamp with time zone NOT NULL,
    revealed_at timestamp with time zone,
    reply text,
    replied_at timestamp with time zone,
    hidden_by uuid,
    hidden_at timestamp with time zone,
    hidden_because text,
    CONSTRAINT ck_order_ratings_edited_in_time CHECK ((edited_at <= closes_at)),
    CONSTRAINT ck_order_ratings_hidden CHECK (((hidden_at IS NULL) = (hidden_by IS NULL))),
    CONSTRAINT ck_order_ratings_score CHECK (((score >= 1) AND (score <= 5))),
    CONSTRAINT ck_order_ratings_two CHECK ((rater_id <> ratee_id)),
    CONSTRAINT fk_order_ratings_group_order_id FOREIGN KEY (group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fkx_order_ratings_hidden_by FOREIGN KEY (hidden_by) REFERENCES users(id),
    CONSTRAINT fkx_order_ratings_ratee_id FOREIGN KEY (ratee_id) REFERENCES users(id),
    CONSTRAINT fkx_order_ratings_rater_id FOREIGN KEY (rater_id) REFERENCES users(id),
    CONSTRAINT pk_order_ratings PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_order_ratings_ratee_id ON order_ratings USING btree (ratee_id, id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_ratings_group_order_id ON order_ratings USING btree (group_order_id, rater_id, ratee_id);

CREATE TABLE IF NOT EXISTS order_refunds (
    id uuid NOT NULL,
    group_order_id uuid NOT NULL,
    member_id uuid NOT NULL,
    amount bigint NOT NULL,
    reason text NOT NULL,
    state character varying(20) NOT NULL,
    promised_by uuid,
    promised_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    decided_by uuid,
    CONSTRAINT ck_order_refunds_amount CHECK ((amount > 0)),
    CONSTRAINT ck_order_refunds_decided CHECK ((((state)::text = 'decided'::text) = (decided_by IS NOT NULL))),
    CONSTRAINT ck_order_refunds_ended CHECK ((((state)::text = 'promised'::text) = (ended_at IS NULL))),
    CONSTRAINT ck_order_refunds_state CHECK (((state)::text = ANY (ARRAY['promised'::text, 'confirmed'::text, 'decided'::text, 'withdrawn'::text]))),
    CONSTRAINT fk_order_refunds_group_order_id FOREIGN KEY (group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fkx_order_refunds_decided_by FOREIGN KEY (decided_by) REFERENCES users(id),
    CONSTRAINT fkx_order_refunds_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT fkx_order_refunds_promised_by FOREIGN KEY (promised_by) REFERENCES users(id),
    CONSTRAINT pk_order_refunds PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_order_refunds_group_order_id ON order_refunds USING btree (group_order_id, member_id, state);

CREATE INDEX IF NOT EXISTS ix_order_refunds_member_id ON order_refunds USING btree (member_id, group_order_id);

CREATE INDEX IF NOT EXISTS ix_order_refunds_promised ON order_refunds USING btree (group_order_id) WHERE ((state)::text = 'promised'::text);

CREATE TABLE IF NOT EXISTS order_rounds (
    id uuid NOT NULL,
    group_order_id uuid NOT NULL,
    number integer NOT NULL,
    title character varying(120) NOT NULL,
    policy character varying(20) NOT NULL,
    state character varying(20) NOT NULL,
    closes_at timestamp with time zone NOT NULL,
    seed_commitment character varying(64),
    seed character varying(64),
    input text,
    claims_digest character varying(64),
    revealed_at timestamp with time zone,
    opened_at timestamp with time zone,
    closed_at timestamp with time zone,
    allocated_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version integer NOT NULL,
    CONSTRAINT ck_order_rounds_allocated CHECK ((((state)::text <> ALL (ARRAY['allocated'::text, 'settled'::text])) OR (allocated_at IS NOT NULL))),
    CONSTRAINT ck_order_rounds_closed CHECK ((((state)::text = ANY (ARRAY['planned'::text, 'open'::text, 'cancelled'::text])) OR (closed_at IS NOT NULL))),
    CONSTRAINT ck_order_rounds_draw CHECK (((((policy)::text = 'lottery'::text) AND ((seed IS NULL) = (opened_at IS NULL)) AND ((seed_commitment IS NULL) = (opened_at IS NULL)) AND ((input IS NULL) = (closed_at IS NULL)) AND ((claims_digest IS NULL) = (closed_at IS NULL)) AND ((revealed_at IS NULL) = (allocated_at IS NULL))) OR (((policy)::text <> 'lottery'::text) AND (seed IS NULL) AND (seed_commitment IS NULL) AND (input IS NULL) AND (claims_digest IS NULL) AND (revealed_at IS NULL)))),
    CONSTRAINT ck_order_rounds_opened CHECK ((((state)::text = ANY (ARRAY['planned'::text, 'cancelled'::text])) OR (opened_at IS NOT NULL))),
    CONSTRAINT ck_order_rounds_policy CHECK (((policy)::text = ANY (ARRAY['first_come'::text, 'priority'::text, 'set_complete'::text, 'lottery'::text]))),
    CONSTRAINT ck_order_rounds_state CHECK (((state)::text = ANY (ARRAY['planned'::text, 'open'::text, 'closed'::text, 'allocated'::text, 'settled'::text, 'cancelled'::text]))),
    CONSTRAINT fk_order_rounds_group_order_id FOREIGN KEY (group_order_id) REFERENCES group_orders(id),
    CONSTRAINT pk_order_rounds PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_order_rounds_closes_at ON order_rounds USING btree (closes_at) WHERE ((state)::text = 'open'::text);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_rounds_number ON order_rounds USING btree (group_order_id, number);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_rounds_order ON order_rounds USING btree (id, group_order_id);

CREATE TABLE IF NOT EXISTS order_rules (
    group_order_id uuid NOT NULL,
    version integer NOT NULL,
    text text NOT NULL,
    late_fee bigint,
    published_at timestamp with time zone NOT NULL,
    CONSTRAINT fk_order_rules_group_order_id FOREIGN KEY (group_order_id) REFERENCES group_orders(id),
    CONSTRAINT pk_order_rules PRIMARY KEY (group_order_id, version)
);

CREATE TABLE IF NOT EXISTS matching_ring_members (
    ring_id uuid NOT NULL,
    member_id uuid NOT NULL,
    consented boolean NOT NULL,
    CONSTRAINT fk_matching_ring_members_ring_id FOREIGN KEY (ring_id) REFERENCES matching_rings(id),
    CONSTRAINT fkx_matching_ring_members_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_matching_ring_members PRIMARY KEY (ring_id, member_id)
);

CREATE INDEX IF NOT EXISTS ix_matching_ring_members_member_id ON matching_ring_members USING btree (member_id, ring_id);

CREATE TABLE IF NOT EXISTS card_changes (
    id uuid NOT NULL,
    card_id uuid NOT NULL,
    kind character varying(20) NOT NULL,
    actor_id uuid,
    proposal_id uuid,
    before json,
    after json NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT fk_card_changes_card_id FOREIGN KEY (card_id) REFERENCES cards(id),
    CONSTRAINT fk_card_changes_proposal_id FOREIGN KEY (proposal_id) REFERENCES card_proposals(id),
    CONSTRAINT fkx_card_changes_actor_id FOREIGN KEY (actor_id) REFERENCES users(id),
    CONSTRAINT pk_card_changes PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_card_changes_card_id ON card_changes USING btree (card_id, id);

CREATE TABLE IF NOT EXISTS card_confirmations (
    proposal_id uuid NOT NULL,
    member_id uuid NOT NULL,
    position integer NOT NULL,
    CONSTRAINT fk_card_confirmations_proposal_id FOREIGN KEY (proposal_id) REFERENCES card_proposals(id),
    CONSTRAINT fkx_card_confirmations_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_card_confirmations PRIMARY KEY (proposal_id, member_id)
);

CREATE TABLE IF NOT EXISTS copy_handovers (
    id uuid NOT NULL,
    copy_id uuid NOT NULL,
    giver_id uuid NOT NULL,
    receiver_id uuid NOT NULL,
    agreement_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT fk_copy_handovers_copy_id FOREIGN KEY (copy_id) REFERENCES copies(id),
    CONSTRAINT fkx_copy_handovers_giver_id FOREIGN KEY (giver_id) REFERENCES users(id),
    CONSTRAINT fkx_copy_handovers_receiver_id FOREIGN KEY (receiver_id) REFERENCES users(id),
    CONSTRAINT pk_copy_handovers PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_copy_handovers_copy_id ON copy_handovers USING btree (copy_id, id);

CREATE TABLE IF NOT EXISTS copy_promises (
    id uuid NOT NULL,
    copy_id uuid NOT NULL,
    agreement_id uuid NOT NULL,
    promised_at timestamp with time zone NOT NULL,
    released_at timestamp with time zone,
    fulfilled_at timestamp with time zone,
    receiver_id uuid,
    shipped_at timestamp with time zone,
    CONSTRAINT fk_copy_promises_copy_id FOREIGN KEY (copy_id) REFERENCES copies(id),
    CONSTRAINT fkx_copy_promises_receiver_id FOREIGN KEY (receiver_id) REFERENCES users(id),
    CONSTRAINT pk_copy_promises PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_copy_promises_agreement_id ON copy_promises USING btree (agreement_id);

CREATE INDEX IF NOT EXISTS ix_copy_promises_receiver_id ON copy_promises USING btree (receiver_id) WHERE ((released_at IS NULL) AND (fulfilled_at IS NULL));

CREATE UNIQUE INDEX IF NOT EXISTS uq_copy_promises_live ON copy_promises USING btree (copy_id) WHERE ((released_at IS NULL) AND (fulfilled_at IS NULL));

CREATE TABLE IF NOT EXISTS leg_copies (
    leg_id uuid NOT NULL,
    copy_id uuid NOT NULL,
    CONSTRAINT fk_leg_copies_leg_id FOREIGN KEY (leg_id) REFERENCES trade_legs(id),
    CONSTRAINT fkx_leg_copies_copy_id FOREIGN KEY (copy_id) REFERENCES copies(id),
    CONSTRAINT pk_leg_copies PRIMARY KEY (leg_id, copy_id)
);

CREATE INDEX IF NOT EXISTS ix_leg_copies_copy_id ON leg_copies USING btree (copy_id, leg_id);

CREATE TABLE IF NOT EXISTS ledger_entries (
    id uuid NOT NULL,
    group_order_id uuid NOT NULL,
    sequence bigint NOT NULL,
    kind character varying(20) NOT NULL,
    debit_account_id uuid NOT NULL,
    credit_account_id uuid NOT NULL,
    amount bigint NOT NULL,
    currency character varying(20) NOT NULL,
    member_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    actor_id uuid,
    reverses_id uuid,
    note text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT ck_ledger_entries_amount CHECK ((amount > 0)),
    CONSTRAINT ck_ledger_entries_kind CHECK (((kind)::text = ANY (ARRAY['due_issued'::text, 'payment_reported'::text, 'payment_confirmed'::text, 'payment_disputed'::text, 'refund_promised'::text, 'refund_confirmed'::text, 'reversal'::text]))),
    CONSTRAINT ck_ledger_entries_reverses CHECK ((((kind)::text = 'reversal'::text) = (reverses_id IS NOT NULL))),
    CONSTRAINT fk_ledger_entries_credit_account_id_group_order_id_currency FOREIGN KEY (credit_account_id, group_order_id, currency) REFERENCES ledger_accounts(id, group_order_id, currency),
    CONSTRAINT fk_ledger_entries_debit_account_id_group_order_id_currency FOREIGN KEY (debit_account_id, group_order_id, currency) REFERENCES ledger_accounts(id, group_order_id, currency),
    CONSTRAINT fk_ledger_entries_group_order_id FOREIGN KEY (group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fk_ledger_entries_reverses_id FOREIGN KEY (reverses_id) REFERENCES ledger_entries(id),
    CONSTRAINT fkx_ledger_entries_actor_id FOREIGN KEY (actor_id) REFERENCES users(id),
    CONSTRAINT fkx_ledger_entries_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_ledger_entries PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_ledger_entries_member_id ON ledger_entries USING btree (member_id, group_order_id, sequence);

CREATE INDEX IF NOT EXISTS ix_ledger_entries_subject_id ON ledger_entries USING btree (subject_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_ledger_entries_reverses_id ON ledger_entries USING btree (reverses_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_ledger_entries_sequence ON ledger_entries USING btree (group_order_id, sequence);

CREATE TABLE IF NOT EXISTS order_handover_votes (
    handover_id uuid NOT NULL,
    member_id uuid NOT NULL,
    agreed_at timestamp with time zone NOT NULL,
    CONSTRAINT fk_order_handover_votes_handover_id FOREIGN KEY (handover_id) REFERENCES order_handovers(id),
    CONSTRAINT fkx_order_handover_votes_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_order_handover_votes PRIMARY KEY (handover_id, member_id)
);

CREATE INDEX IF NOT EXISTS ix_order_handover_votes_member_id ON order_handover_votes USING btree (member_id);

CREATE TABLE IF NOT EXISTS milestone_moves (
    id uuid NOT NULL,
    milestone_id uuid NOT NULL,
    was_on date NOT NULL,
    planned_on date NOT NULL,
    reason text NOT NULL,
    moved_by uuid NOT NULL,
    moved_at timestamp with time zone NOT NULL,
    CONSTRAINT fk_milestone_moves_milestone_id FOREIGN KEY (milestone_id) REFERENCES order_milestones(id),
    CONSTRAINT fkx_milestone_moves_moved_by FOREIGN KEY (moved_by) REFERENCES users(id),
    CONSTRAINT pk_milestone_moves PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_milestone_moves_milestone_id ON milestone_moves USING btree (milestone_id, moved_at);

CREATE TABLE IF NOT EXISTS order_transactions (
    id uuid NOT NULL,
    provider character varying(40) NOT NULL,
    event_id character varying(255) NOT NULL,
    kind character varying(80) NOT NULL,
    external_payment_id character varying(120),
    reference character varying(120),
    amount bigint,
    currency character varying(3),
    occurred_at timestamp with time zone,
    received_at timestamp with time zone NOT NULL,
    body_digest character varying(64) NOT NULL,
    group_order_id uuid,
    member_id uuid,
    payment_id uuid,
    outcome character varying(20) NOT NULL,
    CONSTRAINT ck_order_transactions_amount CHECK ((amount > 0)),
    CONSTRAINT ck_order_transactions_matched CHECK (((group_order_id IS NULL) = (member_id IS NULL))),
    CONSTRAINT ck_order_transactions_outcome CHECK (((outcome)::text = ANY (ARRAY['reported'::text, 'withdrawn'::text, 'too_late'::text, 'noted'::text, 'reversed'::text, 'superseded'::text, 'unmatched'::text, 'currency_mismatch'::text, 'ignored'::text]))),
    CONSTRAINT fk_order_transactions_group_order_id FOREIGN KEY (group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fk_order_transactions_payment_id FOREIGN KEY (payment_id) REFERENCES order_payments(id),
    CONSTRAINT fkx_order_transactions_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_order_transactions PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_order_transactions_group_order_id ON order_transactions USING btree (group_order_id, id);

CREATE INDEX IF NOT EXISTS ix_order_transactions_outcome ON order_transactions USING btree (outcome, id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_transactions_event ON order_transactions USING btree (provider, event_id);

CREATE TABLE IF NOT EXISTS provider_payments (
    provider character varying(40) NOT NULL,
    external_payment_id character varying(120) NOT NULL,
    counted_at timestamp with time zone,
    counted_event_id character varying(255),
    group_order_id uuid,
    member_id uuid,
    payment_id uuid,
    reversed_at timestamp with time zone,
    CONSTRAINT ck_provider_payments_counted CHECK ((((payment_id IS NULL) = (counted_at IS NULL)) AND ((payment_id IS NULL) = (counted_event_id IS NULL)) AND ((payment_id IS NULL) = (group_order_id IS NULL)) AND ((payment_id IS NULL) = (member_id IS NULL)))),
    CONSTRAINT fk_provider_payments_group_order_id FOREIGN KEY (group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fk_provider_payments_payment_id FOREIGN KEY (payment_id) REFERENCES order_payments(id),
    CONSTRAINT fkx_provider_payments_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_provider_payments PRIMARY KEY (provider, external_payment_id)
);

CREATE TABLE IF NOT EXISTS order_claims (
    id uuid NOT NULL,
    round_id uuid NOT NULL,
    member_id uuid NOT NULL,
    sequence integer NOT NULL,
    card_id uuid,
    item character varying(120),
    quantity integer NOT NULL,
    rank integer,
    granted integer NOT NULL,
    state character varying(20) NOT NULL,
    submitted_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT ck_order_claims_ended CHECK ((((state)::text = ANY (ARRAY['refused'::text, 'withdrawn'::text])) = (ended_at IS NOT NULL))),
    CONSTRAINT ck_order_claims_granted CHECK (((granted >= 0) AND (((state)::text <> 'allocated'::text) OR (granted = quantity)) AND (((state)::text <> 'waitlisted'::text) OR (granted < quantity)) AND (((state)::text = ANY (ARRAY['allocated'::text, 'waitlisted'::text])) OR (granted = 0)))),
    CONSTRAINT ck_order_claims_quantity CHECK (((quantity > 0) AND (rank > 0))),
    CONSTRAINT ck_order_claims_state CHECK (((state)::text = ANY (ARRAY['submitted'::text, 'allocated'::text, 'waitlisted'::text, 'refused'::text, 'withdrawn'::text]))),
    CONSTRAINT ck_order_claims_thing CHECK (((card_id IS NULL) <> (item IS NULL))),
    CONSTRAINT fk_order_claims_round_id FOREIGN KEY (round_id) REFERENCES order_rounds(id),
    CONSTRAINT fkx_order_claims_card_id FOREIGN KEY (card_id) REFERENCES cards(id),
    CONSTRAINT fkx_order_claims_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_order_claims PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_order_claims_card_id ON order_claims USING btree (card_id);

CREATE INDEX IF NOT EXISTS ix_order_claims_member_id ON order_claims USING btree (member_id, round_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_claims_round ON order_claims USING btree (id, round_id, member_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_claims_sequence ON order_claims USING btree (round_id, sequence);

CREATE TABLE IF NOT EXISTS order_slots (
    id uuid NOT NULL,
    round_id uuid NOT NULL,
    number integer NOT NULL,
    card_id uuid,
    item character varying(120),
    unit_price bigint NOT NULL,
    set_number integer,
    CONSTRAINT ck_order_slots_number CHECK ((number > 0)),
    CONSTRAINT ck_order_slots_thing CHECK (((card_id IS NULL) <> (item IS NULL))),
    CONSTRAINT ck_order_slots_unit_price CHECK ((unit_price > 0)),
    CONSTRAINT fk_order_slots_round_id FOREIGN KEY (round_id) REFERENCES order_rounds(id),
    CONSTRAINT fkx_order_slots_card_id FOREIGN KEY (card_id) REFERENCES cards(id),
    CONSTRAINT pk_order_slots PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_order_slots_card_id ON order_slots USING btree (card_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_slots_number ON order_slots USING btree (round_id, number);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_slots_round ON order_slots USING btree (id, round_id);

CREATE TABLE IF NOT EXISTS order_allocations (
    id uuid NOT NULL,
    slot_id uuid NOT NULL,
    round_id uuid NOT NULL,
    group_order_id uuid NOT NULL,
    claim_id uuid NOT NULL,
    member_id uuid NOT NULL,
    copy_id uuid,
    unit_price bigint NOT NULL,
    allocated_at timestamp with time zone NOT NULL,
    offered_to uuid,
    offered_at timestamp with time zone,
    shipped_at timestamp with time zone,
    carrier character varying(40),
    tracking_number character varying(40),
    delivered_at timestamp with time zone,
    confirmed_at timestamp with time zone,
    disputed_at timestamp with time zone,
    dispute_kind character varying(40),
    dispute_text text,
    decided_at timestamp with time zone,
    decided_by uuid,
    decision character varying(20),
    decision_reason text,
    ended_at timestamp with time zone,
    end_reason character varying(20),
    CONSTRAINT ck_order_allocations_decided CHECK (((decided_at IS NULL) = (decision IS NULL))),
    CONSTRAINT ck_order_allocations_disputed CHECK (((disputed_at IS NULL) = (dispute_kind IS NULL))),
    CONSTRAINT ck_order_allocations_end_reason CHECK (((end_reason)::text = ANY (ARRAY['withdrawn'::text, 'transferred'::text, 'reclaimed'::text, 'released'::text, 'cancelled'::text, 'refuted'::text]))),
    CONSTRAINT ck_order_allocations_ended CHECK (((ended_at IS NULL) = (end_reason IS NULL))),
    CONSTRAINT ck_order_allocations_offered CHECK (((offered_to IS NULL) = (offered_at IS NULL))),
    CONSTRAINT ck_order_allocations_receiver CHECK ((offered_to <> member_id)),
    CONSTRAINT ck_order_allocations_unit_price CHECK ((unit_price > 0)),
    CONSTRAINT fk_order_allocations_claim_id_round_id_member_id FOREIGN KEY (claim_id, round_id, member_id) REFERENCES order_claims(id, round_id, member_id),
    CONSTRAINT fk_order_allocations_group_order_id FOREIGN KEY (group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fk_order_allocations_round_id_group_order_id FOREIGN KEY (round_id, group_order_id) REFERENCES order_rounds(id, group_order_id),
    CONSTRAINT fk_order_allocations_slot_id_round_id FOREIGN KEY (slot_id, round_id) REFERENCES order_slots(id, round_id),
    CONSTRAINT fkx_order_allocations_copy_id FOREIGN KEY (copy_id) REFERENCES copies(id),
    CONSTRAINT fkx_order_allocations_decided_by FOREIGN KEY (decided_by) REFERENCES users(id),
    CONSTRAINT fkx_order_allocations_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT fkx_order_allocations_offered_to FOREIGN KEY (offered_to) REFERENCES users(id),
    CONSTRAINT pk_order_allocations PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_order_allocations_claim_id ON order_allocations USING btree (claim_id, round_id, member_id);

CREATE INDEX IF NOT EXISTS ix_order_allocations_group_order_id ON order_allocations USING btree (group_order_id, id);

CREATE INDEX IF NOT EXISTS ix_order_allocations_member_id ON order_allocations USING btree (member_id, group_order_id);

CREATE INDEX IF NOT EXISTS ix_order_allocations_offered_to ON order_allocations USING btree (offered_to) WHERE ((offered_to IS NOT NULL) AND (ended_at IS NULL));

CREATE INDEX IF NOT EXISTS ix_order_allocations_round_id ON order_allocations USING btree (round_id, group_order_id);

CREATE INDEX IF NOT EXISTS ix_order_allocations_sent ON order_allocations USING btree (shipped_at) WHERE ((shipped_at IS NOT NULL) AND (confirmed_at IS NULL) AND (ended_at IS NULL));

CREATE INDEX IF NOT EXISTS ix_order_allocations_slot_id ON order_allocations USING btree (slot_id, round_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_allocations_copy_id ON order_allocations USING btree (copy_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_allocations_live ON order_allocations USING btree (slot_id) WHERE (ended_at IS NULL);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_allocations_order ON order_allocations USING btree (id, group_order_id);

CREATE TABLE IF NOT EXISTS order_dues (
    id uuid NOT NULL,
    bill_id uuid NOT NULL,
    group_order_id uuid NOT NULL,
    allocation_id uuid,
    member_id uuid NOT NULL,
    kind character varying(20) NOT NULL,
    amount bigint NOT NULL,
    due_at timestamp with time zone NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    late_for uuid,
    reversed_at timestamp with time zone,
    reminded_early_at timestamp with time zone,
    reminded_late_at timestamp with time zone,
    overdue_at timestamp with time zone,
    CONSTRAINT ck_order_dues_amount CHECK (((amount > 0) OR (((kind)::text = 'adjustment'::text) AND (amount <> 0)))),
    CONSTRAINT ck_order_dues_kind CHECK (((kind)::text = ANY (ARRAY['item'::text, 'ems'::text, 'domestic'::text, 'customs'::text, 'fee'::text, 'late_fee'::text, 'adjustment'::text]))),
    CONSTRAINT ck_order_dues_late_for CHECK ((((kind)::text = 'late_fee'::text) = (late_for IS NOT NULL))),
    CONSTRAINT fk_order_dues_allocation_id_group_order_id FOREIGN KEY (allocation_id, group_order_id) REFERENCES order_allocations(id, group_order_id),
    CONSTRAINT fk_order_dues_bill_id_group_order_id FOREIGN KEY (bill_id, group_order_id) REFERENCES order_bills(id, group_order_id),
    CONSTRAINT fk_order_dues_late_for FOREIGN KEY (late_for) REFERENCES order_dues(id),
    CONSTRAINT fkx_order_dues_member_id FOREIGN KEY (member_id) REFERENCES users(id),
    CONSTRAINT pk_order_dues PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS ix_order_dues_allocation_id ON order_dues USING btree (allocation_id, group_order_id);

CREATE INDEX IF NOT EXISTS ix_order_dues_bill_id ON order_dues USING btree (bill_id, group_order_id);

CREATE INDEX IF NOT EXISTS ix_order_dues_due_at ON order_dues USING btree (due_at) WHERE (reversed_at IS NULL);

CREATE INDEX IF NOT EXISTS ix_order_dues_group_order_id ON order_dues USING btree (group_order_id, member_id, due_at);

CREATE INDEX IF NOT EXISTS ix_order_dues_member_id ON order_dues USING btree (member_id, due_at);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_dues_late_for ON order_dues USING btree (late_for) WHERE ((late_for IS NOT NULL) AND (reversed_at IS NULL));

CREATE MATERIALIZED VIEW IF NOT EXISTS card_market AS
 WITH RECURSIVE live AS (
         SELECT g.id,
            r.since_event
           FROM (market_generations g
             LEFT JOIN market_refreshes r ON ((r.id = 1)))
          WHERE ((g.state)::text = 'live'::text)
        ), standing(card_id, into_id) AS (
         SELECT market_merges.card_id,
            market_merges.into_id
           FROM market_merges
          WHERE (market_merges.generation = ( SELECT live.id
                   FROM live))
        UNION ALL
         SELECT s.card_id,
            m.into_id
           FROM (standing s
             JOIN market_merges m ON ((m.card_id = s.into_id)))
          WHERE (m.generation = ( SELECT live.id
                   FROM live))
        ), surviving AS (
         SELECT s.card_id,
            s.into_id
           FROM standing s
          WHERE (NOT (EXISTS ( SELECT 1
                   FROM standing t
                  WHERE (t.card_id = s.into_id))))
        ), held AS (
         SELECT market_copies.card_id,
            market_copies.owner_id,
            count(*) AS copies,
            count(*) FILTER (WHERE market_copies.listed) AS listed,
            count(*) FILTER (WHERE (market_copies.listed AND (market_copies.agreement_id IS NULL))) AS free
           FROM market_copies
          WHERE ((market_copies.generation = ( SELECT live.id
                   FROM live)) AND (market_copies.until_event IS NULL))
          GROUP BY market_copies.card_id, market_copies.owner_id
        ), wished AS (
         SELECT market_wants.card_id,
            market_wants.member_id,
            sum(market_wants.slots) AS slots
           FROM market_wants
          WHERE ((market_wants.generation = ( SELECT live.id
                   FROM live)) AND (market_wants.until_event IS NULL))
          GROUP BY market_wants.card_id, market_wants.member_id
        ), moved AS (
         SELECT COALESCE(m.into_id, v.card_id) AS card_id,
            v.completed,
            v.agreement_id,
            v.giver_id,
            v.receiver_id
           FROM (market_moves v
             LEFT JOIN surviving m ON ((m.card_id = v.card_id)))
          WHERE ((v.generation = ( SELECT live.id
                   FROM live)) AND (v.event >= ( SELECT live.since_event
                   FROM live)))
        ), movers AS (
         SELECT moved.card_id,
            moved.completed,
            moved.giver_id AS member_id
           FROM moved
        UNION
         SELECT moved.card_id,
            moved.completed,
            moved.receiver_id
           FROM moved
        ), figures AS (
         SELECT held.card_id,
            sum(held.copies) AS copies,
            count(*) AS holders,
            sum(held.listed) AS listed,
            count(*) FILTER (WHERE (held.listed > 0)) AS listers,
            sum(held.free) AS free,
            count(*) FILTER (WHERE (held.free > 0)) AS free_holders,
            0 AS wanted,
            0 AS wanters,
            0 AS proposals,
            0 AS proposers,
            0 AS completions,
            0 AS completers
           FROM held
          GROUP BY held.card_id
        UNION ALL
         SELECT wished.card_id,
            0,
            0,
            0,
            0,
            0,
            0,
            sum(wished.slots) AS sum,
            count(*) AS count,
            0,
            0,
            0,
            0
           FROM wished
          GROUP BY wished.card_id
        UNION ALL
         SELECT moved.card_id,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            count(DISTINCT
                CASE
                    WHEN (NOT moved.completed) THEN moved.agreement_id
                    ELSE NULL::uuid
                END) AS count,
            0,
            count(*) FILTER (WHERE moved.completed) AS count,
            0
           FROM moved
          GROUP BY moved.card_id
        UNION ALL
         SELECT movers.card_id,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            count(*) FILTER (WHERE (NOT movers.completed)) AS count,
            0,
            count(*) FILTER (WHERE movers.completed) AS count
           FROM movers
          GROUP BY movers.card_id
        )
 SELECT card_id,
    (sum(copies))::integer AS copies,
    (sum(holders))::integer AS holders,
    (sum(listed))::integer AS listed,
    (sum(listers))::integer AS listers,
    (sum(free))::integer AS free,
    (sum(free_holders))::integer AS free_holders,
    (sum(wanted))::integer AS wanted,
    (sum(wanters))::integer AS wanters,
    (sum(proposals))::integer AS proposals_30d,
    (sum(proposers))::integer AS proposers_30d,
    (sum(completions))::integer AS completions_30d,
    (sum(completers))::integer AS completers_30d
   FROM figures
  GROUP BY card_id;

CREATE UNIQUE INDEX IF NOT EXISTS uq_card_market_card_id ON card_market USING btree (card_id);

CREATE OR REPLACE TRIGGER tr_audit_end_outside AFTER INSERT OR DELETE OR UPDATE ON audit_end FOR EACH ROW WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_audit_end_outside_truncate AFTER TRUNCATE ON audit_end FOR EACH STATEMENT WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_audit_entries_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER tr_audit_entries_outside AFTER INSERT OR DELETE OR UPDATE ON audit_entries FOR EACH ROW WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_audit_entries_outside_truncate AFTER TRUNCATE ON audit_entries FOR EACH STATEMENT WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_audit_seals_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_seals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER tr_audit_seals_outside AFTER INSERT OR DELETE OR UPDATE ON audit_seals FOR EACH ROW WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('number');

CREATE OR REPLACE TRIGGER tr_audit_seals_outside_truncate AFTER TRUNCATE ON audit_seals FOR EACH STATEMENT WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('number');

CREATE OR REPLACE TRIGGER tr_authenticators_outside AFTER INSERT OR DELETE OR UPDATE ON authenticators FOR EACH ROW WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('member_id');

CREATE OR REPLACE TRIGGER tr_authenticators_outside_truncate AFTER TRUNCATE ON authenticators FOR EACH STATEMENT WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('member_id');

CREATE OR REPLACE TRIGGER tr_card_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON card_changes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER tr_card_changes_outside AFTER INSERT OR DELETE OR UPDATE ON card_changes FOR EACH ROW WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_card_changes_outside_truncate AFTER TRUNCATE ON card_changes FOR EACH STATEMENT WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_copies_outside AFTER INSERT OR DELETE OR UPDATE ON copies FOR EACH ROW WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_copies_outside_truncate AFTER TRUNCATE ON copies FOR EACH STATEMENT WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_copy_handovers_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON copy_handovers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER tr_copy_handovers_outside AFTER INSERT OR DELETE OR UPDATE ON copy_handovers FOR EACH ROW WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_copy_handovers_outside_truncate AFTER TRUNCATE ON copy_handovers FOR EACH STATEMENT WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_copy_promises_outside AFTER INSERT OR DELETE OR UPDATE ON copy_promises FOR EACH ROW WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_copy_promises_outside_truncate AFTER TRUNCATE ON copy_promises FOR EACH STATEMENT WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_dispute_cases_outside AFTER INSERT OR DELETE OR UPDATE ON dispute_cases FOR EACH ROW WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_dispute_cases_outside_truncate AFTER TRUNCATE ON dispute_cases FOR EACH STATEMENT WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_ledger_entries_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER tr_linked_identities_outside AFTER INSERT OR DELETE OR UPDATE ON linked_identities FOR EACH ROW WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_linked_identities_outside_truncate AFTER TRUNCATE ON linked_identities FOR EACH STATEMENT WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_milestone_moves_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON milestone_moves FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER tr_order_rules_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON order_rules FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER tr_order_transactions_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON order_transactions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER tr_outbox_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON outbox FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER tr_outbox_outside AFTER INSERT OR DELETE OR UPDATE ON outbox FOR EACH ROW WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('position');

CREATE OR REPLACE TRIGGER tr_outbox_outside_truncate AFTER TRUNCATE ON outbox FOR EACH STATEMENT WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('position');

CREATE OR REPLACE TRIGGER tr_outside_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON outside_changes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER tr_ratings_outside AFTER INSERT OR DELETE OR UPDATE ON ratings FOR EACH ROW WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_ratings_outside_truncate AFTER TRUNCATE ON ratings FOR EACH STATEMENT WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_standings_outside AFTER INSERT OR DELETE OR UPDATE ON standings FOR EACH ROW WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_standings_outside_truncate AFTER TRUNCATE ON standings FOR EACH STATEMENT WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_trade_events_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON trade_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER tr_trade_events_outside AFTER INSERT OR DELETE OR UPDATE ON trade_events FOR EACH ROW WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_trade_events_outside_truncate AFTER TRUNCATE ON trade_events FOR EACH STATEMENT WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_trades_outside AFTER INSERT OR DELETE OR UPDATE ON trades FOR EACH ROW WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_trades_outside_truncate AFTER TRUNCATE ON trades FOR EACH STATEMENT WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_users_outside AFTER INSERT OR DELETE OR UPDATE ON users FOR EACH ROW WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');

CREATE OR REPLACE TRIGGER tr_users_outside_truncate AFTER TRUNCATE ON users FOR EACH STATEMENT WHEN ((current_setting('application_name'::text) !~~ 'kcardswap%'::text)) EXECUTE FUNCTION note_outside_change('id');
