-- The schema of KCardSwap on SQLite, as its revisions make it.
-- `make schema` writes this file: change revisions instead. It loads into an empty
-- database, twice as well; `kcs db adopt` then writes down of which revision that is.
--
-- revision 0044
-- sha256   41e54b4926f7a7472965e94ea756464538e8ff2a0431ef69355368b561151fa3
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

CREATE TABLE IF NOT EXISTS "addresses" (
    id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    label VARCHAR(40),
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    version INTEGER NOT NULL,
    recipient VARCHAR(100),
    lines TEXT,
    postal_code VARCHAR(16),
    city VARCHAR(100),
    region VARCHAR(100),
    country VARCHAR(2),
    phone VARCHAR(30),
    sealed TEXT,
    sealed_by SMALLINT,
    fingerprint VARCHAR(64),
    CONSTRAINT ck_addresses_sealed_or_plain CHECK((sealed IS NULL AND sealed_by IS NULL AND recipient IS NOT NULL AND lines IS NOT NULL AND city IS NOT NULL AND country IS NOT NULL) OR(sealed IS NOT NULL AND sealed_by IS NOT NULL AND recipient IS NULL AND lines IS NULL AND postal_code IS NULL AND city IS NULL AND region IS NULL AND country IS NULL AND phone IS NULL AND label IS NULL)),
    CONSTRAINT fkx_addresses_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_addresses PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS audit_end (
    id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hash VARCHAR(64) NOT NULL,
    stamp VARCHAR(64) NOT NULL,
    CONSTRAINT pk_audit_end PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS audit_entries (
    id CHAR(32) NOT NULL,
    at DATETIME NOT NULL,
    actor VARCHAR(80),
    action VARCHAR(40) NOT NULL,
    target VARCHAR(80),
    ip_trunc VARCHAR(64),
    request_id VARCHAR(64),
    result VARCHAR(20) NOT NULL,
    meta JSON NOT NULL,
    stamp VARCHAR(64) NOT NULL,
    CONSTRAINT pk_audit_entries PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS audit_seals (
    number INTEGER NOT NULL,
    entry_id CHAR(32) NOT NULL,
    entry_stamp VARCHAR(64) NOT NULL,
    "before" VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    CONSTRAINT pk_audit_seals PRIMARY KEY(number)
);

CREATE TABLE IF NOT EXISTS auth_throttles (
    bucket VARCHAR(64) NOT NULL,
    hits INTEGER NOT NULL,
    streak INTEGER NOT NULL,
    free_at DATETIME NOT NULL,
    ends_at DATETIME NOT NULL,
    forget_at DATETIME NOT NULL,
    CONSTRAINT ck_auth_throttles_counts CHECK(hits > 0 AND streak >= hits),
    CONSTRAINT pk_auth_throttles PRIMARY KEY(bucket)
);

CREATE TABLE IF NOT EXISTS authenticators (
    member_id CHAR(32) NOT NULL,
    sealed VARCHAR(80) NOT NULL,
    last_step BIGINT NOT NULL,
    created_at DATETIME NOT NULL,
    confirmed_at DATETIME,
    CONSTRAINT fk_authenticators_member_id FOREIGN KEY(member_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT pk_authenticators PRIMARY KEY(member_id)
);

CREATE TABLE IF NOT EXISTS blocks (
    id CHAR(32) NOT NULL,
    blocker_id CHAR(32) NOT NULL,
    blocked_id CHAR(32) NOT NULL,
    created_at DATETIME NOT NULL,
    CONSTRAINT ck_blocks_self CHECK(blocker_id <> blocked_id),
    CONSTRAINT fk_blocks_blocker_id FOREIGN KEY(blocker_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT pk_blocks PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS card_changes (
    id CHAR(32) NOT NULL,
    card_id CHAR(32) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    actor_id CHAR(32),
    proposal_id CHAR(32),
    "before" JSON,
    "after" JSON NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT fk_card_changes_card_id FOREIGN KEY(card_id) REFERENCES cards(id),
    CONSTRAINT fk_card_changes_proposal_id FOREIGN KEY(proposal_id) REFERENCES card_proposals(id),
    CONSTRAINT fkx_card_changes_actor_id FOREIGN KEY(actor_id) REFERENCES users(id),
    CONSTRAINT pk_card_changes PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS card_confirmations (
    proposal_id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT fk_card_confirmations_proposal_id FOREIGN KEY(proposal_id) REFERENCES card_proposals(id),
    CONSTRAINT fkx_card_confirmations_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_card_confirmations PRIMARY KEY(proposal_id, member_id)
);

CREATE TABLE IF NOT EXISTS card_idols (
    card_id CHAR(32) NOT NULL,
    idol_id CHAR(32) NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT fk_card_idols_card_id FOREIGN KEY(card_id) REFERENCES cards(id),
    CONSTRAINT fk_card_idols_idol_id FOREIGN KEY(idol_id) REFERENCES idols(id),
    CONSTRAINT pk_card_idols PRIMARY KEY(card_id, idol_id)
);

CREATE TABLE IF NOT EXISTS card_market (
    card_id CHAR(32),
    copies INTEGER,
    holders INTEGER,
    listed INTEGER,
    listers INTEGER,
    free INTEGER,
    free_holders INTEGER,
    wanted INTEGER,
    wanters INTEGER,
    proposals_30d INTEGER,
    proposers_30d INTEGER,
    completions_30d INTEGER,
    completers_30d INTEGER
);

CREATE TABLE IF NOT EXISTS card_proposals (
    id CHAR(32) NOT NULL,
    proposer_id CHAR(32) NOT NULL,
    aim VARCHAR(20) NOT NULL,
    card_id CHAR(32),
    fields JSON NOT NULL,
    note TEXT,
    state VARCHAR(20) NOT NULL,
    decided_by CHAR(32),
    decided_at DATETIME,
    created_at DATETIME NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT fk_card_proposals_card_id FOREIGN KEY(card_id) REFERENCES cards(id),
    CONSTRAINT fkx_card_proposals_decided_by FOREIGN KEY(decided_by) REFERENCES users(id),
    CONSTRAINT fkx_card_proposals_proposer_id FOREIGN KEY(proposer_id) REFERENCES users(id),
    CONSTRAINT pk_card_proposals PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS card_snapshots (
    day DATE NOT NULL,
    card_id CHAR(32) NOT NULL,
    copies INTEGER NOT NULL,
    holders INTEGER NOT NULL,
    listed INTEGER NOT NULL,
    listers INTEGER NOT NULL,
    free INTEGER NOT NULL,
    free_holders INTEGER NOT NULL,
    wanted INTEGER NOT NULL,
    wanters INTEGER NOT NULL,
    proposals INTEGER NOT NULL,
    proposers INTEGER NOT NULL,
    completions INTEGER NOT NULL,
    completers INTEGER NOT NULL,
    median_wait_h INTEGER,
    waiters INTEGER NOT NULL,
    CONSTRAINT pk_card_snapshots PRIMARY KEY(day, card_id)
);

CREATE TABLE IF NOT EXISTS card_subjects (
    subject_id CHAR(32) NOT NULL,
    card_id CHAR(32) NOT NULL,
    CONSTRAINT fk_card_subjects_card_id FOREIGN KEY(card_id) REFERENCES cards(id),
    CONSTRAINT pk_card_subjects PRIMARY KEY(subject_id, card_id)
);

CREATE TABLE IF NOT EXISTS "cards" (
    id CHAR(32) NOT NULL,
    code VARCHAR(80) NOT NULL,
    release_id CHAR(32) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    retailer VARCHAR(80),
    version VARCHAR(80),
    number VARCHAR(80),
    image_url TEXT,
    names JSON NOT NULL,
    merged_into_id CHAR(32),
    CONSTRAINT fk_cards_merged_into_id FOREIGN KEY(merged_into_id) REFERENCES cards(id),
    CONSTRAINT fk_cards_release_id FOREIGN KEY(release_id) REFERENCES releases(id),
    CONSTRAINT pk_cards PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS case_statements (
    case_id CHAR(32) NOT NULL,
    position INTEGER NOT NULL,
    author_id CHAR(32) NOT NULL,
    text TEXT NOT NULL,
    evidence JSON NOT NULL,
    made_at DATETIME NOT NULL,
    CONSTRAINT fk_case_statements_case_id FOREIGN KEY(case_id) REFERENCES dispute_cases(id),
    CONSTRAINT fkx_case_statements_author_id FOREIGN KEY(author_id) REFERENCES users(id),
    CONSTRAINT pk_case_statements PRIMARY KEY(case_id, position)
);

CREATE TABLE IF NOT EXISTS collection_jobs (
    id CHAR(32) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    scope VARCHAR(40) NOT NULL,
    day DATE NOT NULL,
    state VARCHAR(20) NOT NULL,
    attempts INTEGER NOT NULL,
    leased_until DATETIME,
    rows INTEGER,
    behind_event BIGINT,
    watermark BIGINT,
    error TEXT,
    planned_at DATETIME NOT NULL,
    finished_at DATETIME,
    CONSTRAINT ck_collection_jobs_kind CHECK(kind IN('snapshot', 'conditions')),
    CONSTRAINT ck_collection_jobs_leased CHECK((state = 'running') =(leased_until IS NOT NULL)),
    CONSTRAINT ck_collection_jobs_state CHECK(state IN('ready', 'running', 'done', 'failed')),
    CONSTRAINT ck_collection_jobs_watermark CHECK(state <> 'done' OR watermark IS NOT NULL),
    CONSTRAINT pk_collection_jobs PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS copies (
    id CHAR(32) NOT NULL,
    card_id CHAR(32) NOT NULL,
    owner_id CHAR(32) NOT NULL,
    condition VARCHAR(20) NOT NULL,
    state VARCHAR(20) NOT NULL,
    for_trade BOOLEAN NOT NULL,
    note TEXT,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT fkx_copies_card_id FOREIGN KEY(card_id) REFERENCES cards(id),
    CONSTRAINT fkx_copies_owner_id FOREIGN KEY(owner_id) REFERENCES users(id),
    CONSTRAINT pk_copies PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS copy_handovers (
    id CHAR(32) NOT NULL,
    copy_id CHAR(32) NOT NULL,
    giver_id CHAR(32) NOT NULL,
    receiver_id CHAR(32) NOT NULL,
    agreement_id CHAR(32) NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT fk_copy_handovers_copy_id FOREIGN KEY(copy_id) REFERENCES copies(id),
    CONSTRAINT fkx_copy_handovers_giver_id FOREIGN KEY(giver_id) REFERENCES users(id),
    CONSTRAINT fkx_copy_handovers_receiver_id FOREIGN KEY(receiver_id) REFERENCES users(id),
    CONSTRAINT pk_copy_handovers PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS "copy_promises" (
    id CHAR(32) NOT NULL,
    copy_id CHAR(32) NOT NULL,
    agreement_id CHAR(32) NOT NULL,
    promised_at DATETIME NOT NULL,
    released_at DATETIME,
    fulfilled_at DATETIME,
    receiver_id CHAR(32),
    shipped_at DATETIME,
    CONSTRAINT fk_copy_promises_copy_id FOREIGN KEY(copy_id) REFERENCES copies(id),
    CONSTRAINT fkx_copy_promises_receiver_id FOREIGN KEY(receiver_id) REFERENCES users(id),
    CONSTRAINT pk_copy_promises PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS "dispute_cases" (
    id CHAR(32) NOT NULL,
    trade_id CHAR(32) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    opener_id CHAR(32),
    opened_at DATETIME NOT NULL,
    state VARCHAR(20) NOT NULL,
    assigned_to CHAR(32),
    verdict VARCHAR(20),
    legs JSON,
    at_fault JSON,
    reason TEXT,
    decided_by CHAR(32),
    confirmed_by CHAR(32),
    decided_at DATETIME,
    appealed_by CHAR(32),
    appeal TEXT,
    appealed_at DATETIME,
    outcome VARCHAR(20),
    at_fault_now JSON,
    review TEXT,
    reviewed_by CHAR(32),
    reviewed_at DATETIME,
    version INTEGER NOT NULL,
    widened_at DATETIME,
    review_confirmed_by CHAR(32),
    CONSTRAINT ck_dispute_cases_appealed_since CHECK((state IN('appealed', 'closed')) =(appealed_at IS NOT NULL)),
    CONSTRAINT ck_dispute_cases_closed_since CHECK((state = 'closed') =(reviewed_at IS NOT NULL)),
    CONSTRAINT ck_dispute_cases_decided_since CHECK((state IN('decided', 'appealed', 'closed')) =(decided_at IS NOT NULL)),
    CONSTRAINT ck_dispute_cases_other_reviewers CHECK(reviewed_by <> decided_by AND reviewed_by <> confirmed_by AND review_confirmed_by <> decided_by AND review_confirmed_by <> confirmed_by),
    CONSTRAINT ck_dispute_cases_two_moderators CHECK(confirmed_by <> decided_by),
    CONSTRAINT ck_dispute_cases_two_reviewers CHECK(review_confirmed_by <> reviewed_by),
    CONSTRAINT fk_dispute_cases_trade_id FOREIGN KEY(trade_id) REFERENCES trades(id),
    CONSTRAINT fkx_dispute_cases_appealed_by FOREIGN KEY(appealed_by) REFERENCES users(id),
    CONSTRAINT fkx_dispute_cases_assigned_to FOREIGN KEY(assigned_to) REFERENCES users(id),
    CONSTRAINT fkx_dispute_cases_confirmed_by FOREIGN KEY(confirmed_by) REFERENCES users(id),
    CONSTRAINT fkx_dispute_cases_decided_by FOREIGN KEY(decided_by) REFERENCES users(id),
    CONSTRAINT fkx_dispute_cases_opener_id FOREIGN KEY(opener_id) REFERENCES users(id),
    CONSTRAINT fkx_dispute_cases_review_confirmed_by FOREIGN KEY(review_confirmed_by) REFERENCES users(id),
    CONSTRAINT fkx_dispute_cases_reviewed_by FOREIGN KEY(reviewed_by) REFERENCES users(id),
    CONSTRAINT pk_dispute_cases PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS group_order_tags (
    group_order_id CHAR(32) NOT NULL,
    tag_id CHAR(32) NOT NULL,
    CONSTRAINT fk_group_order_tags_group_order_id FOREIGN KEY(group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fk_group_order_tags_tag_id FOREIGN KEY(tag_id) REFERENCES tags(id),
    CONSTRAINT pk_group_order_tags PRIMARY KEY(group_order_id, tag_id)
);

CREATE TABLE IF NOT EXISTS group_orders (
    id CHAR(32) NOT NULL,
    organiser_id CHAR(32) NOT NULL,
    co_organiser_id CHAR(32),
    title VARCHAR(120) NOT NULL,
    description TEXT,
    group_id CHAR(32) NOT NULL,
    release_id CHAR(32),
    seller_type VARCHAR(20) NOT NULL,
    seller_name VARCHAR(120),
    destination VARCHAR(2) NOT NULL,
    ways JSON NOT NULL,
    currency VARCHAR(20) NOT NULL,
    min_trust_level INTEGER NOT NULL,
    payment_details TEXT,
    state VARCHAR(20) NOT NULL,
    stalled_at DATETIME,
    opened_at DATETIME,
    ended_at DATETIME,
    end_reason TEXT,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT ck_group_orders_ended CHECK((state IN('closed', 'cancelled', 'failed')) =(ended_at IS NOT NULL)),
    CONSTRAINT ck_group_orders_min_trust_level CHECK(min_trust_level BETWEEN 0 AND 3),
    CONSTRAINT ck_group_orders_opened CHECK(opened_at IS NOT NULL OR state IN('draft', 'cancelled')),
    CONSTRAINT ck_group_orders_organisers CHECK(organiser_id <> co_organiser_id),
    CONSTRAINT ck_group_orders_seller_type CHECK(seller_type IN('shop', 'fan_account', 'event')),
    CONSTRAINT ck_group_orders_state CHECK(state IN('draft', 'open', 'locked', 'ordered', 'in_transit', 'arrived', 'distributing', 'closed', 'cancelled', 'failed')),
    CONSTRAINT fkx_group_orders_co_organiser_id FOREIGN KEY(co_organiser_id) REFERENCES users(id),
    CONSTRAINT fkx_group_orders_group_id FOREIGN KEY(group_id) REFERENCES groups(id),
    CONSTRAINT fkx_group_orders_organiser_id FOREIGN KEY(organiser_id) REFERENCES users(id),
    CONSTRAINT fkx_group_orders_release_id FOREIGN KEY(release_id) REFERENCES releases(id),
    CONSTRAINT pk_group_orders PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS groups (
    id CHAR(32) NOT NULL,
    code VARCHAR(80) NOT NULL,
    name VARCHAR(200) NOT NULL,
    names JSON NOT NULL,
    CONSTRAINT pk_groups PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS handshakes (
    trade_id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    secret BLOB NOT NULL,
    opened_at DATETIME NOT NULL,
    last_step INTEGER,
    wrong_at JSON NOT NULL,
    CONSTRAINT fk_handshakes_trade_id FOREIGN KEY(trade_id) REFERENCES trades(id),
    CONSTRAINT fkx_handshakes_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_handshakes PRIMARY KEY(trade_id, member_id)
);

CREATE TABLE IF NOT EXISTS idempotency_keys (
    member_id CHAR(32) NOT NULL,
    method VARCHAR(7) NOT NULL,
    path VARCHAR(255) NOT NULL,
    "key" VARCHAR(255) NOT NULL,
    digest BLOB NOT NULL,
    status INTEGER,
    headers JSON,
    body BLOB,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY(member_id, method, path, "key")
);

CREATE TABLE IF NOT EXISTS idol_memberships (
    idol_id CHAR(32) NOT NULL,
    group_id CHAR(32) NOT NULL,
    joined_on DATE NOT NULL,
    left_on DATE,
    CONSTRAINT ck_idol_memberships_ends_after_it_begins CHECK(left_on >= joined_on),
    CONSTRAINT fk_idol_memberships_group_id FOREIGN KEY(group_id) REFERENCES groups(id),
    CONSTRAINT fk_idol_memberships_idol_id FOREIGN KEY(idol_id) REFERENCES idols(id),
    CONSTRAINT pk_idol_memberships PRIMARY KEY(idol_id, group_id, joined_on)
);

CREATE TABLE IF NOT EXISTS idols (
    id CHAR(32) NOT NULL,
    code VARCHAR(80) NOT NULL,
    name VARCHAR(200) NOT NULL,
    names JSON NOT NULL,
    CONSTRAINT pk_idols PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS jobs (
    id CHAR(32) NOT NULL,
    kind VARCHAR(60) NOT NULL,
    "key" VARCHAR(120),
    payload JSON NOT NULL,
    state VARCHAR(20) NOT NULL,
    run_at DATETIME NOT NULL,
    attempts INTEGER NOT NULL,
    max_attempts INTEGER,
    leased_until DATETIME,
    fence INTEGER NOT NULL,
    last_error VARCHAR(300),
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT ck_jobs_leased CHECK((state = 'running') =(leased_until IS NOT NULL)),
    CONSTRAINT pk_jobs PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS ledger_accounts (
    id CHAR(32) NOT NULL,
    group_order_id CHAR(32) NOT NULL,
    name VARCHAR(20) NOT NULL,
    member_id CHAR(32),
    currency VARCHAR(20) NOT NULL,
    balance BIGINT NOT NULL,
    CONSTRAINT ck_ledger_accounts_member CHECK((member_id IS NOT NULL) =(name IN('receivable', 'refund_payable'))),
    CONSTRAINT ck_ledger_accounts_name CHECK(name IN('receivable', 'reported_cash', 'confirmed_cash', 'vendor', 'shipping', 'customs', 'fee', 'refund_payable', 'rounding')),
    CONSTRAINT ck_ledger_accounts_not_negative CHECK(name NOT IN('reported_cash', 'confirmed_cash') OR balance >= 0),
    CONSTRAINT ck_ledger_accounts_not_positive CHECK(name <> 'refund_payable' OR balance <= 0),
    CONSTRAINT fk_ledger_accounts_group_order_id_currency FOREIGN KEY(group_order_id, currency) REFERENCES group_orders(id, currency),
    CONSTRAINT fkx_ledger_accounts_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_ledger_accounts PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS ledger_entries (
    id CHAR(32) NOT NULL,
    group_order_id CHAR(32) NOT NULL,
    sequence BIGINT NOT NULL,
    kind VARCHAR(20) NOT NULL,
    debit_account_id CHAR(32) NOT NULL,
    credit_account_id CHAR(32) NOT NULL,
    amount BIGINT NOT NULL,
    currency VARCHAR(20) NOT NULL,
    member_id CHAR(32) NOT NULL,
    subject_id CHAR(32) NOT NULL,
    actor_id CHAR(32),
    reverses_id CHAR(32),
    note TEXT,
    at DATETIME NOT NULL,
    CONSTRAINT ck_ledger_entries_amount CHECK(amount > 0),
    CONSTRAINT ck_ledger_entries_kind CHECK(kind IN('due_issued', 'payment_reported', 'payment_confirmed', 'payment_disputed', 'refund_promised', 'refund_confirmed', 'reversal')),
    CONSTRAINT ck_ledger_entries_reverses CHECK((kind = 'reversal') =(reverses_id IS NOT NULL)),
    CONSTRAINT fk_ledger_entries_credit_account_id_group_order_id_currency FOREIGN KEY(credit_account_id, group_order_id, currency) REFERENCES ledger_accounts(id, group_order_id, currency),
    CONSTRAINT fk_ledger_entries_debit_account_id_group_order_id_currency FOREIGN KEY(debit_account_id, group_order_id, currency) REFERENCES ledger_accounts(id, group_order_id, currency),
    CONSTRAINT fk_ledger_entries_group_order_id FOREIGN KEY(group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fk_ledger_entries_reverses_id FOREIGN KEY(reverses_id) REFERENCES ledger_entries(id),
    CONSTRAINT fkx_ledger_entries_actor_id FOREIGN KEY(actor_id) REFERENCES users(id),
    CONSTRAINT fkx_ledger_entries_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_ledger_entries PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS leg_copies (
    leg_id CHAR(32) NOT NULL,
    copy_id CHAR(32) NOT NULL,
    CONSTRAINT fk_leg_copies_leg_id FOREIGN KEY(leg_id) REFERENCES trade_legs(id),
    CONSTRAINT fkx_leg_copies_copy_id FOREIGN KEY(copy_id) REFERENCES copies(id),
    CONSTRAINT pk_leg_copies PRIMARY KEY(leg_id, copy_id)
);

CREATE TABLE IF NOT EXISTS linked_identities (
    id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    provider VARCHAR(20) NOT NULL,
    issuer VARCHAR(255) NOT NULL,
    subject VARCHAR(255) NOT NULL,
    email VARCHAR(254) NOT NULL,
    created_at DATETIME NOT NULL,
    CONSTRAINT fk_linked_identities_member_id FOREIGN KEY(member_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT pk_linked_identities PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS market_conditions (
    day DATE NOT NULL,
    group_id CHAR(32) NOT NULL,
    free INTEGER NOT NULL,
    free_holders INTEGER NOT NULL,
    wanted INTEGER NOT NULL,
    wanters INTEGER NOT NULL,
    completions_7d INTEGER NOT NULL,
    completers_7d INTEGER NOT NULL,
    liquidity_permille INTEGER,
    pressure_permille INTEGER,
    regime VARCHAR(20),
    comeback BOOLEAN NOT NULL,
    watermark BIGINT NOT NULL,
    CONSTRAINT ck_market_conditions_regime CHECK(regime IN('hot', 'balanced', 'cold')),
    CONSTRAINT pk_market_conditions PRIMARY KEY(day, group_id)
);

CREATE TABLE IF NOT EXISTS market_copies (
    copy_id CHAR(32) NOT NULL,
    generation INTEGER NOT NULL,
    since_event BIGINT NOT NULL,
    until_event BIGINT,
    card_id CHAR(32) NOT NULL,
    owner_id CHAR(32) NOT NULL,
    listed BOOLEAN NOT NULL,
    agreement_id CHAR(32),
    CONSTRAINT pk_market_copies PRIMARY KEY(copy_id, generation, since_event)
);

CREATE TABLE IF NOT EXISTS market_days (
    generation INTEGER NOT NULL,
    day DATE NOT NULL,
    first_event BIGINT NOT NULL,
    CONSTRAINT pk_market_days PRIMARY KEY(generation, day)
);

CREATE TABLE IF NOT EXISTS market_deals (
    trade_id CHAR(32) NOT NULL,
    generation INTEGER NOT NULL,
    moves JSON NOT NULL,
    disputed BOOLEAN NOT NULL,
    CONSTRAINT pk_market_deals PRIMARY KEY(trade_id, generation)
);

CREATE TABLE IF NOT EXISTS market_generations (
    id INTEGER NOT NULL,
    state VARCHAR(20) NOT NULL,
    events BIGINT NOT NULL,
    day DATE,
    begun_at DATETIME NOT NULL,
    live_at DATETIME,
    differences JSON,
    CONSTRAINT ck_market_generations_state CHECK(state IN('building', 'live', 'old')),
    CONSTRAINT pk_market_generations PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS market_levels (
    member_id CHAR(32) NOT NULL,
    generation INTEGER NOT NULL,
    trust_level INTEGER NOT NULL,
    CONSTRAINT pk_market_levels PRIMARY KEY(member_id, generation)
);

CREATE TABLE IF NOT EXISTS market_merges (
    generation INTEGER NOT NULL,
    event BIGINT NOT NULL,
    card_id CHAR(32) NOT NULL,
    into_id CHAR(32) NOT NULL,
    CONSTRAINT pk_market_merges PRIMARY KEY(generation, event)
);

CREATE TABLE IF NOT EXISTS market_moves (
    generation INTEGER NOT NULL,
    event BIGINT NOT NULL,
    position INTEGER NOT NULL,
    completed BOOLEAN NOT NULL,
    card_id CHAR(32) NOT NULL,
    giver_id CHAR(32) NOT NULL,
    receiver_id CHAR(32) NOT NULL,
    agreement_id CHAR(32) NOT NULL,
    at DATETIME NOT NULL,
    wanted_at DATETIME,
    author_id CHAR(32),
    CONSTRAINT pk_market_moves PRIMARY KEY(generation, event, position)
);

CREATE TABLE IF NOT EXISTS market_refreshes (
    id INTEGER NOT NULL,
    watermark BIGINT NOT NULL,
    since_event BIGINT NOT NULL,
    refreshed_at DATETIME NOT NULL,
    CONSTRAINT pk_market_refreshes PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS market_swaps (
    trade_id CHAR(32) NOT NULL,
    generation INTEGER NOT NULL,
    event BIGINT NOT NULL,
    first_id CHAR(32) NOT NULL,
    second_id CHAR(32) NOT NULL,
    first_card_id CHAR(32) NOT NULL,
    first_count INTEGER NOT NULL,
    second_card_id CHAR(32) NOT NULL,
    second_count INTEGER NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT pk_market_swaps PRIMARY KEY(trade_id, generation)
);

CREATE TABLE IF NOT EXISTS market_wants (
    group_id CHAR(32) NOT NULL,
    generation INTEGER NOT NULL,
    card_id CHAR(32) NOT NULL,
    since_event BIGINT NOT NULL,
    until_event BIGINT,
    member_id CHAR(32) NOT NULL,
    slots INTEGER NOT NULL,
    wanted_at DATETIME NOT NULL,
    CONSTRAINT pk_market_wants PRIMARY KEY(group_id, generation, card_id, since_event)
);

CREATE TABLE IF NOT EXISTS match_notices (
    id VARCHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    told_at DATETIME NOT NULL,
    CONSTRAINT fkx_match_notices_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_match_notices PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS match_searches (
    member_id CHAR(32) NOT NULL,
    changes INTEGER NOT NULL,
    due_at DATETIME NOT NULL,
    CONSTRAINT fkx_match_searches_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_match_searches PRIMARY KEY(member_id)
);

CREATE TABLE IF NOT EXISTS matching_entries (
    round_id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    copy_ids JSON,
    want_group_ids JSON,
    joined_at DATETIME NOT NULL,
    CONSTRAINT fk_matching_entries_round_id FOREIGN KEY(round_id) REFERENCES matching_rounds(id),
    CONSTRAINT fkx_matching_entries_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_matching_entries PRIMARY KEY(round_id, member_id)
);

CREATE TABLE IF NOT EXISTS matching_ring_members (
    ring_id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    consented BOOLEAN NOT NULL,
    CONSTRAINT fk_matching_ring_members_ring_id FOREIGN KEY(ring_id) REFERENCES matching_rings(id),
    CONSTRAINT fkx_matching_ring_members_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_matching_ring_members PRIMARY KEY(ring_id, member_id)
);

CREATE TABLE IF NOT EXISTS matching_rings (
    id CHAR(32) NOT NULL,
    run_id CHAR(32) NOT NULL,
    position INTEGER NOT NULL,
    length INTEGER NOT NULL,
    cards INTEGER NOT NULL,
    legs JSON NOT NULL,
    state VARCHAR(20) NOT NULL,
    reason VARCHAR(20),
    refused_by CHAR(32),
    trade_id CHAR(32),
    updated_at DATETIME NOT NULL,
    CONSTRAINT ck_matching_rings_length CHECK(length BETWEEN 2 AND 4),
    CONSTRAINT ck_matching_rings_planned CHECK(trade_id IS NULL OR state <> 'planned'),
    CONSTRAINT ck_matching_rings_proposed CHECK(trade_id IS NOT NULL OR state IN('planned', 'dissolved')),
    CONSTRAINT ck_matching_rings_reason CHECK((state IN('dissolved', 'broken')) =(reason IS NOT NULL)),
    CONSTRAINT ck_matching_rings_state CHECK(state IN('planned', 'proposed', 'accepted', 'completed', 'dissolved', 'broken')),
    CONSTRAINT fk_matching_rings_run_id FOREIGN KEY(run_id) REFERENCES matching_runs(id),
    CONSTRAINT fkx_matching_rings_refused_by FOREIGN KEY(refused_by) REFERENCES users(id),
    CONSTRAINT fkx_matching_rings_trade_id FOREIGN KEY(trade_id) REFERENCES trades(id),
    CONSTRAINT pk_matching_rings PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS matching_rounds (
    id CHAR(32) NOT NULL,
    opener_id CHAR(32) NOT NULL,
    title VARCHAR(120) NOT NULL,
    region VARCHAR(6),
    max_length INTEGER NOT NULL,
    state VARCHAR(20) NOT NULL,
    closes_at DATETIME NOT NULL,
    seed BIGINT,
    closed_by CHAR(32),
    operation_id CHAR(32),
    generation INTEGER NOT NULL,
    closed_at DATETIME,
    settled_at DATETIME,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT ck_matching_rounds_closed CHECK((state = 'open') =(closed_at IS NULL) AND(closed_at IS NULL) =(seed IS NULL) AND(closed_at IS NULL) =(closed_by IS NULL) AND(closed_at IS NULL) =(generation = 0)),
    CONSTRAINT ck_matching_rounds_max_length CHECK(max_length BETWEEN 2 AND 4),
    CONSTRAINT ck_matching_rounds_settled CHECK((state = 'settled') =(settled_at IS NOT NULL)),
    CONSTRAINT ck_matching_rounds_state CHECK(state IN('open', 'closed', 'solving', 'published', 'settled')),
    CONSTRAINT fkx_matching_rounds_closed_by FOREIGN KEY(closed_by) REFERENCES users(id),
    CONSTRAINT fkx_matching_rounds_opener_id FOREIGN KEY(opener_id) REFERENCES users(id),
    CONSTRAINT pk_matching_rounds PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS matching_runs (
    id CHAR(32) NOT NULL,
    round_id CHAR(32) NOT NULL,
    generation INTEGER NOT NULL,
    strategy VARCHAR(40) NOT NULL,
    strategy_version INTEGER NOT NULL,
    max_length INTEGER NOT NULL,
    seed BIGINT NOT NULL,
    watermark_tx BIGINT NOT NULL,
    watermark_position BIGINT NOT NULL,
    input BLOB NOT NULL,
    input_digest VARCHAR(64) NOT NULL,
    members INTEGER NOT NULL,
    offers INTEGER NOT NULL,
    wishes INTEGER NOT NULL,
    frozen_at DATETIME NOT NULL,
    result_digest VARCHAR(64),
    bound INTEGER,
    milliseconds INTEGER,
    acceptance_permille INTEGER,
    solved_at DATETIME,
    CONSTRAINT ck_matching_runs_acceptance CHECK(acceptance_permille BETWEEN 0 AND 1000),
    CONSTRAINT ck_matching_runs_generation CHECK(generation >= 1),
    CONSTRAINT ck_matching_runs_solved CHECK((solved_at IS NULL) =(result_digest IS NULL) AND(solved_at IS NULL) =(bound IS NULL) AND(solved_at IS NULL) =(milliseconds IS NULL) AND(solved_at IS NULL) =(acceptance_permille IS NULL)),
    CONSTRAINT fk_matching_runs_round_id FOREIGN KEY(round_id) REFERENCES matching_rounds(id),
    CONSTRAINT pk_matching_runs PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS mfa_tickets (
    digest VARCHAR(64) NOT NULL,
    member_id CHAR(32) NOT NULL,
    amr VARCHAR(64) NOT NULL,
    device_name VARCHAR(64),
    delivery VARCHAR(20) NOT NULL,
    attempts INTEGER NOT NULL,
    expires_at DATETIME NOT NULL,
    CONSTRAINT fk_mfa_tickets_member_id FOREIGN KEY(member_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT pk_mfa_tickets PRIMARY KEY(digest)
);

CREATE TABLE IF NOT EXISTS milestone_moves (
    id CHAR(32) NOT NULL,
    milestone_id CHAR(32) NOT NULL,
    was_on DATE NOT NULL,
    planned_on DATE NOT NULL,
    reason TEXT NOT NULL,
    moved_by CHAR(32) NOT NULL,
    moved_at DATETIME NOT NULL,
    CONSTRAINT fk_milestone_moves_milestone_id FOREIGN KEY(milestone_id) REFERENCES order_milestones(id),
    CONSTRAINT fkx_milestone_moves_moved_by FOREIGN KEY(moved_by) REFERENCES users(id),
    CONSTRAINT pk_milestone_moves PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS names (
    subject_id CHAR(32) NOT NULL,
    position INTEGER NOT NULL,
    form VARCHAR(20) NOT NULL,
    text TEXT NOT NULL,
    CONSTRAINT pk_names PRIMARY KEY(subject_id, position)
);

CREATE TABLE IF NOT EXISTS one_time_tokens (
    digest VARCHAR(64) NOT NULL,
    purpose VARCHAR(20) NOT NULL,
    user_id CHAR(32) NOT NULL,
    email VARCHAR(254) NOT NULL,
    email_key VARCHAR(600) NOT NULL,
    created_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    used_at DATETIME,
    CONSTRAINT fk_one_time_tokens_user_id FOREIGN KEY(user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT pk_one_time_tokens PRIMARY KEY(digest)
);

CREATE TABLE IF NOT EXISTS operation_files (
    operation_id CHAR(32) NOT NULL,
    content BLOB NOT NULL,
    CONSTRAINT fk_operation_files_operation_id FOREIGN KEY(operation_id) REFERENCES operations(id) ON DELETE CASCADE,
    CONSTRAINT pk_operation_files PRIMARY KEY(operation_id)
);

CREATE TABLE IF NOT EXISTS operations (
    id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    kind VARCHAR(40) NOT NULL,
    status VARCHAR(20) NOT NULL,
    progress INTEGER NOT NULL,
    result JSON,
    problem JSON,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    CONSTRAINT ck_operations_progress CHECK(progress BETWEEN 0 AND 100),
    CONSTRAINT pk_operations PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS order_allocations (
    id CHAR(32) NOT NULL,
    slot_id CHAR(32) NOT NULL,
    round_id CHAR(32) NOT NULL,
    group_order_id CHAR(32) NOT NULL,
    claim_id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    copy_id CHAR(32),
    unit_price BIGINT NOT NULL,
    allocated_at DATETIME NOT NULL,
    offered_to CHAR(32),
    offered_at DATETIME,
    shipped_at DATETIME,
    carrier VARCHAR(40),
    tracking_number VARCHAR(40),
    delivered_at DATETIME,
    confirmed_at DATETIME,
    disputed_at DATETIME,
    dispute_kind VARCHAR(40),
    dispute_text TEXT,
    decided_at DATETIME,
    decided_by CHAR(32),
    decision VARCHAR(20),
    decision_reason TEXT,
    ended_at DATETIME,
    end_reason VARCHAR(20),
    CONSTRAINT ck_order_allocations_decided CHECK((decided_at IS NULL) =(decision IS NULL)),
    CONSTRAINT ck_order_allocations_disputed CHECK((disputed_at IS NULL) =(dispute_kind IS NULL)),
    CONSTRAINT ck_order_allocations_end_reason CHECK(end_reason IN('withdrawn', 'transferred', 'reclaimed', 'released', 'cancelled', 'refuted')),
    CONSTRAINT ck_order_allocations_ended CHECK((ended_at IS NULL) =(end_reason IS NULL)),
    CONSTRAINT ck_order_allocations_offered CHECK((offered_to IS NULL) =(offered_at IS NULL)),
    CONSTRAINT ck_order_allocations_receiver CHECK(offered_to <> member_id),
    CONSTRAINT ck_order_allocations_unit_price CHECK(unit_price > 0),
    CONSTRAINT fk_order_allocations_claim_id_round_id_member_id FOREIGN KEY(claim_id, round_id, member_id) REFERENCES order_claims(id, round_id, member_id),
    CONSTRAINT fk_order_allocations_group_order_id FOREIGN KEY(group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fk_order_allocations_round_id_group_order_id FOREIGN KEY(round_id, group_order_id) REFERENCES order_rounds(id, group_order_id),
    CONSTRAINT fk_order_allocations_slot_id_round_id FOREIGN KEY(slot_id, round_id) REFERENCES order_slots(id, round_id),
    CONSTRAINT fkx_order_allocations_copy_id FOREIGN KEY(copy_id) REFERENCES copies(id),
    CONSTRAINT fkx_order_allocations_decided_by FOREIGN KEY(decided_by) REFERENCES users(id),
    CONSTRAINT fkx_order_allocations_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT fkx_order_allocations_offered_to FOREIGN KEY(offered_to) REFERENCES users(id),
    CONSTRAINT pk_order_allocations PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS order_bills (
    id CHAR(32) NOT NULL,
    group_order_id CHAR(32) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    total BIGINT NOT NULL,
    split VARCHAR(20) NOT NULL,
    note TEXT,
    due_at DATETIME NOT NULL,
    original_currency VARCHAR(20),
    original_amount BIGINT,
    rate VARCHAR(40),
    rated_on DATE,
    issued_by CHAR(32),
    issued_at DATETIME NOT NULL,
    CONSTRAINT ck_order_bills_kind CHECK(kind IN('item', 'ems', 'domestic', 'customs', 'fee', 'late_fee', 'adjustment')),
    CONSTRAINT ck_order_bills_original CHECK((original_currency IS NULL) =(original_amount IS NULL) AND(original_currency IS NULL) =(rate IS NULL) AND(original_currency IS NULL) =(rated_on IS NULL)),
    CONSTRAINT ck_order_bills_split CHECK(split IN('unit', 'weight', 'value', 'none')),
    CONSTRAINT ck_order_bills_total CHECK(total > 0 OR kind = 'adjustment' AND total <> 0),
    CONSTRAINT fk_order_bills_group_order_id FOREIGN KEY(group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fkx_order_bills_issued_by FOREIGN KEY(issued_by) REFERENCES users(id),
    CONSTRAINT pk_order_bills PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS order_claims (
    id CHAR(32) NOT NULL,
    round_id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    sequence INTEGER NOT NULL,
    card_id CHAR(32),
    item VARCHAR(120),
    quantity INTEGER NOT NULL,
    rank INTEGER,
    granted INTEGER NOT NULL,
    state VARCHAR(20) NOT NULL,
    submitted_at DATETIME NOT NULL,
    ended_at DATETIME,
    CONSTRAINT ck_order_claims_ended CHECK((state IN('refused', 'withdrawn')) =(ended_at IS NOT NULL)),
    CONSTRAINT ck_order_claims_granted CHECK(granted >= 0 AND(state <> 'allocated' OR granted = quantity) AND(state <> 'waitlisted' OR granted < quantity) AND(state IN('allocated', 'waitlisted') OR granted = 0)),
    CONSTRAINT ck_order_claims_quantity CHECK(quantity > 0 AND rank > 0),
    CONSTRAINT ck_order_claims_state CHECK(state IN('submitted', 'allocated', 'waitlisted', 'refused', 'withdrawn')),
    CONSTRAINT ck_order_claims_thing CHECK((card_id IS NULL) <>(item IS NULL)),
    CONSTRAINT fk_order_claims_round_id FOREIGN KEY(round_id) REFERENCES order_rounds(id),
    CONSTRAINT fkx_order_claims_card_id FOREIGN KEY(card_id) REFERENCES cards(id),
    CONSTRAINT fkx_order_claims_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_order_claims PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS order_dues (
    id CHAR(32) NOT NULL,
    bill_id CHAR(32) NOT NULL,
    group_order_id CHAR(32) NOT NULL,
    allocation_id CHAR(32),
    member_id CHAR(32) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    amount BIGINT NOT NULL,
    due_at DATETIME NOT NULL,
    issued_at DATETIME NOT NULL,
    late_for CHAR(32),
    reversed_at DATETIME,
    reminded_early_at DATETIME,
    reminded_late_at DATETIME,
    overdue_at DATETIME,
    CONSTRAINT ck_order_dues_amount CHECK(amount > 0 OR kind = 'adjustment' AND amount <> 0),
    CONSTRAINT ck_order_dues_kind CHECK(kind IN('item', 'ems', 'domestic', 'customs', 'fee', 'late_fee', 'adjustment')),
    CONSTRAINT ck_order_dues_late_for CHECK((kind = 'late_fee') =(late_for IS NOT NULL)),
    CONSTRAINT fk_order_dues_allocation_id_group_order_id FOREIGN KEY(allocation_id, group_order_id) REFERENCES order_allocations(id, group_order_id),
    CONSTRAINT fk_order_dues_bill_id_group_order_id FOREIGN KEY(bill_id, group_order_id) REFERENCES order_bills(id, group_order_id),
    CONSTRAINT fk_order_dues_late_for FOREIGN KEY(late_for) REFERENCES order_dues(id),
    CONSTRAINT fkx_order_dues_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_order_dues PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS order_handover_votes (
    handover_id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    agreed_at DATETIME NOT NULL,
    CONSTRAINT fk_order_handover_votes_handover_id FOREIGN KEY(handover_id) REFERENCES order_handovers(id),
    CONSTRAINT fkx_order_handover_votes_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_order_handover_votes PRIMARY KEY(handover_id, member_id)
);

CREATE TABLE IF NOT EXISTS "order_handovers" (
    id CHAR(32) NOT NULL,
    group_order_id CHAR(32) NOT NULL,
    giver_id CHAR(32) NOT NULL,
    receiver_id CHAR(32) NOT NULL,
    asked_by CHAR(32) NOT NULL,
    reason TEXT,
    asked_at DATETIME NOT NULL,
    accepted_at DATETIME,
    approved_by CHAR(32),
    approved_at DATETIME,
    ended_at DATETIME,
    outcome VARCHAR(20),
    CONSTRAINT ck_order_handovers_approved CHECK((approved_at IS NULL) =(approved_by IS NULL)),
    CONSTRAINT ck_order_handovers_done CHECK(outcome <> 'done' OR accepted_at IS NOT NULL AND approved_at IS NOT NULL),
    CONSTRAINT ck_order_handovers_ended CHECK((ended_at IS NULL) =(outcome IS NULL)),
    CONSTRAINT ck_order_handovers_organisers CHECK(giver_id <> receiver_id),
    CONSTRAINT ck_order_handovers_outcome CHECK(outcome IN('done', 'void')),
    CONSTRAINT fk_order_handovers_group_order_id FOREIGN KEY(group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fkx_order_handovers_approved_by FOREIGN KEY(approved_by) REFERENCES users(id),
    CONSTRAINT fkx_order_handovers_asked_by FOREIGN KEY(asked_by) REFERENCES users(id),
    CONSTRAINT fkx_order_handovers_giver_id FOREIGN KEY(giver_id) REFERENCES users(id),
    CONSTRAINT fkx_order_handovers_receiver_id FOREIGN KEY(receiver_id) REFERENCES users(id),
    CONSTRAINT pk_order_handovers PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS order_joiners (
    group_order_id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    rules_version INTEGER NOT NULL,
    reference VARCHAR(16) NOT NULL,
    joined_at DATETIME NOT NULL,
    CONSTRAINT fk_order_joiners_group_order_id FOREIGN KEY(group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fkx_order_joiners_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_order_joiners PRIMARY KEY(group_order_id, member_id)
);

CREATE TABLE IF NOT EXISTS order_milestones (
    id CHAR(32) NOT NULL,
    group_order_id CHAR(32) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    planned_on DATE NOT NULL,
    due_at DATETIME NOT NULL,
    done_at DATETIME,
    done_by CHAR(32),
    note TEXT,
    proof_url VARCHAR(500),
    overdue_at DATETIME,
    skipped_at DATETIME,
    created_at DATETIME NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT ck_order_milestones_done CHECK((done_at IS NULL) =(done_by IS NULL)),
    CONSTRAINT ck_order_milestones_kind CHECK(kind IN('ordered', 'seller_shipped', 'at_forwarder', 'shipped_abroad', 'arrived', 'sorted', 'domestic_shipped', 'delivered')),
    CONSTRAINT ck_order_milestones_skipped CHECK(done_at IS NULL OR skipped_at IS NULL),
    CONSTRAINT fk_order_milestones_group_order_id FOREIGN KEY(group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fkx_order_milestones_done_by FOREIGN KEY(done_by) REFERENCES users(id),
    CONSTRAINT pk_order_milestones PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS order_payments (
    id CHAR(32) NOT NULL,
    group_order_id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    amount BIGINT NOT NULL,
    method VARCHAR(40) NOT NULL,
    reference VARCHAR(120),
    picture_url VARCHAR(2000),
    source VARCHAR(20) NOT NULL,
    state VARCHAR(20) NOT NULL,
    reported_at DATETIME NOT NULL,
    answer_due_at DATETIME NOT NULL,
    flagged_at DATETIME,
    answered_at DATETIME,
    reason TEXT,
    CONSTRAINT ck_order_payments_amount CHECK(amount > 0),
    CONSTRAINT ck_order_payments_answered CHECK((state = 'reported') =(answered_at IS NULL)),
    CONSTRAINT ck_order_payments_source CHECK(source IN('member', 'provider')),
    CONSTRAINT ck_order_payments_state CHECK(state IN('reported', 'confirmed', 'disputed', 'withdrawn')),
    CONSTRAINT fk_order_payments_group_order_id FOREIGN KEY(group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fkx_order_payments_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_order_payments PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS order_rating_reminders (
    group_order_id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    day INTEGER NOT NULL,
    CONSTRAINT fk_order_rating_reminders_group_order_id FOREIGN KEY(group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fkx_order_rating_reminders_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_order_rating_reminders PRIMARY KEY(group_order_id, member_id, day)
);

CREATE TABLE IF NOT EXISTS "order_ratings" (
    id CHAR(32) NOT NULL,
    group_order_id CHAR(32) NOT NULL,
    rater_id CHAR(32) NOT NULL,
    ratee_id CHAR(32) NOT NULL,
    score INTEGER NOT NULL,
    tags JSON NOT NULL,
    comment TEXT,
    rated_at DATETIME NOT NULL,
    edited_at DATETIME NOT NULL,
    closes_at DATETIME NOT NULL,
    revealed_at DATETIME,
    reply TEXT,
    replied_at DATETIME,
    hidden_by CHAR(32),
    hidden_at DATETIME,
    hidden_because TEXT,
    CONSTRAINT ck_order_ratings_edited_in_time CHECK(edited_at <= closes_at),
    CONSTRAINT ck_order_ratings_hidden CHECK((hidden_at IS NULL) =(hidden_by IS NULL)),
    CONSTRAINT ck_order_ratings_score CHECK(score BETWEEN 1 AND 5),
    CONSTRAINT ck_order_ratings_two CHECK(rater_id <> ratee_id),
    CONSTRAINT fk_order_ratings_group_order_id FOREIGN KEY(group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fkx_order_ratings_hidden_by FOREIGN KEY(hidden_by) REFERENCES users(id),
    CONSTRAINT fkx_order_ratings_ratee_id FOREIGN KEY(ratee_id) REFERENCES users(id),
    CONSTRAINT fkx_order_ratings_rater_id FOREIGN KEY(rater_id) REFERENCES users(id),
    CONSTRAINT pk_order_ratings PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS order_refunds (
    id CHAR(32) NOT NULL,
    group_order_id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    amount BIGINT NOT NULL,
    reason TEXT NOT NULL,
    state VARCHAR(20) NOT NULL,
    promised_by CHAR(32),
    promised_at DATETIME NOT NULL,
    ended_at DATETIME,
    decided_by CHAR(32),
    CONSTRAINT ck_order_refunds_amount CHECK(amount > 0),
    CONSTRAINT ck_order_refunds_decided CHECK((state = 'decided') =(decided_by IS NOT NULL)),
    CONSTRAINT ck_order_refunds_ended CHECK((state = 'promised') =(ended_at IS NULL)),
    CONSTRAINT ck_order_refunds_state CHECK(state IN('promised', 'confirmed', 'decided', 'withdrawn')),
    CONSTRAINT fk_order_refunds_group_order_id FOREIGN KEY(group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fkx_order_refunds_decided_by FOREIGN KEY(decided_by) REFERENCES users(id),
    CONSTRAINT fkx_order_refunds_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT fkx_order_refunds_promised_by FOREIGN KEY(promised_by) REFERENCES users(id),
    CONSTRAINT pk_order_refunds PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS order_rounds (
    id CHAR(32) NOT NULL,
    group_order_id CHAR(32) NOT NULL,
    number INTEGER NOT NULL,
    title VARCHAR(120) NOT NULL,
    policy VARCHAR(20) NOT NULL,
    state VARCHAR(20) NOT NULL,
    closes_at DATETIME NOT NULL,
    seed_commitment VARCHAR(64),
    seed VARCHAR(64),
    input TEXT,
    claims_digest VARCHAR(64),
    revealed_at DATETIME,
    opened_at DATETIME,
    closed_at DATETIME,
    allocated_at DATETIME,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT ck_order_rounds_allocated CHECK(state NOT IN('allocated', 'settled') OR allocated_at IS NOT NULL),
    CONSTRAINT ck_order_rounds_closed CHECK(state IN('planned', 'open', 'cancelled') OR closed_at IS NOT NULL),
    CONSTRAINT ck_order_rounds_draw CHECK(policy = 'lottery' AND(seed IS NULL) =(opened_at IS NULL) AND(seed_commitment IS NULL) =(opened_at IS NULL) AND(input IS NULL) =(closed_at IS NULL) AND(claims_digest IS NULL) =(closed_at IS NULL) AND(revealed_at IS NULL) =(allocated_at IS NULL) OR policy <> 'lottery' AND seed IS NULL AND seed_commitment IS NULL AND input IS NULL AND claims_digest IS NULL AND revealed_at IS NULL),
    CONSTRAINT ck_order_rounds_opened CHECK(state IN('planned', 'cancelled') OR opened_at IS NOT NULL),
    CONSTRAINT ck_order_rounds_policy CHECK(policy IN('first_come', 'priority', 'set_complete', 'lottery')),
    CONSTRAINT ck_order_rounds_state CHECK(state IN('planned', 'open', 'closed', 'allocated', 'settled', 'cancelled')),
    CONSTRAINT fk_order_rounds_group_order_id FOREIGN KEY(group_order_id) REFERENCES group_orders(id),
    CONSTRAINT pk_order_rounds PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS order_rules (
    group_order_id CHAR(32) NOT NULL,
    version INTEGER NOT NULL,
    text TEXT NOT NULL,
    late_fee BIGINT,
    published_at DATETIME NOT NULL,
    CONSTRAINT fk_order_rules_group_order_id FOREIGN KEY(group_order_id) REFERENCES group_orders(id),
    CONSTRAINT pk_order_rules PRIMARY KEY(group_order_id, version)
);

CREATE TABLE IF NOT EXISTS order_slots (
    id CHAR(32) NOT NULL,
    round_id CHAR(32) NOT NULL,
    number INTEGER NOT NULL,
    card_id CHAR(32),
    item VARCHAR(120),
    unit_price BIGINT NOT NULL,
    set_number INTEGER,
    CONSTRAINT ck_order_slots_number CHECK(number > 0),
    CONSTRAINT ck_order_slots_thing CHECK((card_id IS NULL) <>(item IS NULL)),
    CONSTRAINT ck_order_slots_unit_price CHECK(unit_price > 0),
    CONSTRAINT fk_order_slots_round_id FOREIGN KEY(round_id) REFERENCES order_rounds(id),
    CONSTRAINT fkx_order_slots_card_id FOREIGN KEY(card_id) REFERENCES cards(id),
    CONSTRAINT pk_order_slots PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS order_transactions (
    id CHAR(32) NOT NULL,
    provider VARCHAR(40) NOT NULL,
    event_id VARCHAR(255) NOT NULL,
    kind VARCHAR(80) NOT NULL,
    external_payment_id VARCHAR(120),
    reference VARCHAR(120),
    amount BIGINT,
    currency VARCHAR(3),
    occurred_at DATETIME,
    received_at DATETIME NOT NULL,
    body_digest VARCHAR(64) NOT NULL,
    group_order_id CHAR(32),
    member_id CHAR(32),
    payment_id CHAR(32),
    outcome VARCHAR(20) NOT NULL,
    CONSTRAINT ck_order_transactions_amount CHECK(amount > 0),
    CONSTRAINT ck_order_transactions_matched CHECK((group_order_id IS NULL) =(member_id IS NULL)),
    CONSTRAINT ck_order_transactions_outcome CHECK(outcome IN('reported', 'withdrawn', 'too_late', 'noted', 'reversed', 'superseded', 'unmatched', 'currency_mismatch', 'ignored')),
    CONSTRAINT fk_order_transactions_group_order_id FOREIGN KEY(group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fk_order_transactions_payment_id FOREIGN KEY(payment_id) REFERENCES order_payments(id),
    CONSTRAINT fkx_order_transactions_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_order_transactions PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS outbox (
    position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id CHAR(32) NOT NULL,
    tx BIGINT NOT NULL,
    aggregate VARCHAR(40) NOT NULL,
    aggregate_id CHAR(32) NOT NULL,
    kind VARCHAR(40) NOT NULL,
    version INTEGER NOT NULL,
    payload JSON NOT NULL,
    at DATETIME NOT NULL
);

CREATE TABLE IF NOT EXISTS outbox_positions (
    consumer VARCHAR(40) NOT NULL,
    tx BIGINT NOT NULL,
    position BIGINT NOT NULL,
    updated_at DATETIME,
    CONSTRAINT pk_outbox_positions PRIMARY KEY(consumer)
);

CREATE TABLE IF NOT EXISTS outside_changes (
    number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at DATETIME NOT NULL,
    relation VARCHAR(63) NOT NULL,
    verb VARCHAR(8) NOT NULL,
    row_key TEXT,
    columns TEXT,
    who VARCHAR(200)
);

CREATE TABLE IF NOT EXISTS profiles (
    id CHAR(32) NOT NULL,
    nickname VARCHAR(30) NOT NULL,
    nickname_key VARCHAR(120) NOT NULL,
    bio TEXT,
    region VARCHAR(6),
    locale VARCHAR(35) NOT NULL,
    avatar_url TEXT,
    nearby_visible BOOLEAN NOT NULL,
    show_online BOOLEAN NOT NULL,
    allow_stranger_messages BOOLEAN NOT NULL,
    accepts_proposals BOOLEAN NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT fk_profiles_id FOREIGN KEY(id) REFERENCES users(id),
    CONSTRAINT pk_profiles PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS provider_payments (
    provider VARCHAR(40) NOT NULL,
    external_payment_id VARCHAR(120) NOT NULL,
    counted_at DATETIME,
    counted_event_id VARCHAR(255),
    group_order_id CHAR(32),
    member_id CHAR(32),
    payment_id CHAR(32),
    reversed_at DATETIME,
    CONSTRAINT ck_provider_payments_counted CHECK((payment_id IS NULL) =(counted_at IS NULL) AND(payment_id IS NULL) =(counted_event_id IS NULL) AND(payment_id IS NULL) =(group_order_id IS NULL) AND(payment_id IS NULL) =(member_id IS NULL)),
    CONSTRAINT fk_provider_payments_group_order_id FOREIGN KEY(group_order_id) REFERENCES group_orders(id),
    CONSTRAINT fk_provider_payments_payment_id FOREIGN KEY(payment_id) REFERENCES order_payments(id),
    CONSTRAINT fkx_provider_payments_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_provider_payments PRIMARY KEY(provider, external_payment_id)
);

CREATE TABLE IF NOT EXISTS rating_reminders (
    trade_id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    day INTEGER NOT NULL,
    CONSTRAINT fk_rating_reminders_trade_id FOREIGN KEY(trade_id) REFERENCES trades(id),
    CONSTRAINT fkx_rating_reminders_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_rating_reminders PRIMARY KEY(trade_id, member_id, day)
);

CREATE TABLE IF NOT EXISTS rating_totals (
    sort VARCHAR(20) NOT NULL,
    ratings INTEGER NOT NULL,
    points INTEGER NOT NULL,
    counted_at DATETIME NOT NULL,
    CONSTRAINT pk_rating_totals PRIMARY KEY(sort)
);

CREATE TABLE IF NOT EXISTS ratings (
    id CHAR(32) NOT NULL,
    trade_id CHAR(32) NOT NULL,
    rater_id CHAR(32) NOT NULL,
    ratee_id CHAR(32) NOT NULL,
    score INTEGER NOT NULL,
    tags JSON NOT NULL,
    comment TEXT,
    rated_at DATETIME NOT NULL,
    edited_at DATETIME NOT NULL,
    closes_at DATETIME NOT NULL,
    revealed_at DATETIME,
    reply TEXT,
    replied_at DATETIME,
    hidden_by CHAR(32),
    hidden_at DATETIME,
    hidden_because TEXT,
    CONSTRAINT ck_ratings_edited_in_time CHECK(edited_at <= closes_at),
    CONSTRAINT ck_ratings_score CHECK(score BETWEEN 1 AND 5),
    CONSTRAINT fk_ratings_trade_id FOREIGN KEY(trade_id) REFERENCES trades(id),
    CONSTRAINT fkx_ratings_hidden_by FOREIGN KEY(hidden_by) REFERENCES users(id),
    CONSTRAINT fkx_ratings_ratee_id FOREIGN KEY(ratee_id) REFERENCES users(id),
    CONSTRAINT fkx_ratings_rater_id FOREIGN KEY(rater_id) REFERENCES users(id),
    CONSTRAINT pk_ratings PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS recovery_codes (
    member_id CHAR(32) NOT NULL,
    digest VARCHAR(64) NOT NULL,
    CONSTRAINT fk_recovery_codes_member_id FOREIGN KEY(member_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT pk_recovery_codes PRIMARY KEY(member_id, digest)
);

CREATE TABLE IF NOT EXISTS "refresh_sessions" (
    id CHAR(32) NOT NULL,
    user_id CHAR(32) NOT NULL,
    nonce VARCHAR(64) NOT NULL,
    mac_kid INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    current_hash VARCHAR(64) NOT NULL,
    previous_hash VARCHAR(64),
    confirmed_generation INTEGER NOT NULL,
    delivery VARCHAR(20) NOT NULL,
    device_name VARCHAR(64),
    user_agent VARCHAR(256),
    ip_trunc VARCHAR(64),
    amr VARCHAR(64) NOT NULL,
    auth_time DATETIME NOT NULL,
    created_at DATETIME NOT NULL,
    rotated_at DATETIME NOT NULL,
    idle_expires_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    revoked_at DATETIME,
    revoke_reason VARCHAR(20),
    refreshes INTEGER NOT NULL,
    refreshes_since DATETIME NOT NULL,
    CONSTRAINT ck_refresh_sessions_generation CHECK(generation >= 0),
    CONSTRAINT fk_refresh_sessions_user_id FOREIGN KEY(user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT pk_refresh_sessions PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS releases (
    id CHAR(32) NOT NULL,
    code VARCHAR(80) NOT NULL,
    group_id CHAR(32) NOT NULL,
    title VARCHAR(200) NOT NULL,
    released_on DATE NOT NULL,
    names JSON NOT NULL,
    CONSTRAINT fk_releases_group_id FOREIGN KEY(group_id) REFERENCES groups(id),
    CONSTRAINT pk_releases PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS sign_in_attempts (
    digest VARCHAR(64) NOT NULL,
    provider VARCHAR(20) NOT NULL,
    nonce VARCHAR(64) NOT NULL,
    holder VARCHAR(64),
    verifier VARCHAR(64),
    redirect_uri TEXT,
    delivery VARCHAR(20),
    member_id CHAR(32),
    session_id CHAR(32),
    created_at DATETIME NOT NULL,
    CONSTRAINT ck_sign_in_attempts_exchange CHECK((holder IS NULL) =(verifier IS NULL)),
    CONSTRAINT ck_sign_in_attempts_linking CHECK((member_id IS NULL) =(session_id IS NULL)),
    CONSTRAINT fk_sign_in_attempts_member_id FOREIGN KEY(member_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT pk_sign_in_attempts PRIMARY KEY(digest)
);

CREATE TABLE IF NOT EXISTS "standings" (
    id CHAR(32) NOT NULL,
    trust_level INTEGER NOT NULL,
    completed_trades INTEGER NOT NULL,
    updated_at DATETIME NOT NULL,
    presence_verified INTEGER NOT NULL,
    cancelled_at_fault INTEGER NOT NULL,
    disputes_lost INTEGER NOT NULL,
    credited_trades INTEGER NOT NULL,
    proven_trades INTEGER NOT NULL,
    partners INTEGER NOT NULL,
    last_lost_at DATETIME,
    last_fraud_at DATETIME,
    CONSTRAINT ck_standings_trust_level CHECK(trust_level BETWEEN 0 AND 3),
    CONSTRAINT fk_standings_id FOREIGN KEY(id) REFERENCES users(id),
    CONSTRAINT pk_standings PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS tags (
    id CHAR(32) NOT NULL,
    name VARCHAR(80) NOT NULL,
    label VARCHAR(40) NOT NULL,
    CONSTRAINT pk_tags PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS "trade_addresses" (
    trade_id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    taken_at DATETIME NOT NULL,
    recipient VARCHAR(100),
    lines TEXT,
    postal_code VARCHAR(16),
    city VARCHAR(100),
    region VARCHAR(100),
    country VARCHAR(2),
    phone VARCHAR(30),
    sealed TEXT,
    sealed_by SMALLINT,
    CONSTRAINT ck_trade_addresses_sealed_or_plain CHECK((sealed IS NULL AND sealed_by IS NULL AND recipient IS NOT NULL AND lines IS NOT NULL AND city IS NOT NULL AND country IS NOT NULL) OR(sealed IS NOT NULL AND sealed_by IS NOT NULL AND recipient IS NULL AND lines IS NULL AND postal_code IS NULL AND city IS NULL AND region IS NULL AND country IS NULL AND phone IS NULL)),
    CONSTRAINT fk_trade_addresses_trade_id FOREIGN KEY(trade_id) REFERENCES trades(id),
    CONSTRAINT fkx_trade_addresses_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_trade_addresses PRIMARY KEY(trade_id, member_id)
);

CREATE TABLE IF NOT EXISTS trade_event_words (
    event_id CHAR(32) NOT NULL,
    salt VARCHAR(32) NOT NULL,
    text TEXT NOT NULL,
    CONSTRAINT pk_trade_event_words PRIMARY KEY(event_id)
);

CREATE TABLE IF NOT EXISTS "trade_events" (
    id CHAR(32) NOT NULL,
    trade_id CHAR(32) NOT NULL,
    kind VARCHAR(40) NOT NULL,
    revision INTEGER NOT NULL,
    actor_id CHAR(32),
    reason TEXT,
    at DATETIME NOT NULL,
    sequence INTEGER NOT NULL,
    previous_hash VARCHAR(64),
    hash VARCHAR(64) NOT NULL,
    CONSTRAINT fk_trade_events_trade_id FOREIGN KEY(trade_id) REFERENCES trades(id),
    CONSTRAINT fkx_trade_events_actor_id FOREIGN KEY(actor_id) REFERENCES users(id),
    CONSTRAINT pk_trade_events PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS "trade_legs" (
    id CHAR(32) NOT NULL,
    trade_id CHAR(32) NOT NULL,
    position INTEGER NOT NULL,
    giver_id CHAR(32) NOT NULL,
    receiver_id CHAR(32) NOT NULL,
    state VARCHAR(20) NOT NULL,
    must_track BOOLEAN NOT NULL,
    abroad BOOLEAN NOT NULL,
    verified BOOLEAN NOT NULL,
    auto_received BOOLEAN NOT NULL,
    ship_by DATETIME,
    carrier VARCHAR(60),
    tracking_number VARCHAR(60),
    shipped_at DATETIME,
    delivered_at DATETIME,
    reminded_at DATETIME,
    received_at DATETIME,
    waits_since DATETIME,
    disputed_at DATETIME,
    CONSTRAINT fk_trade_legs_trade_id FOREIGN KEY(trade_id) REFERENCES trades(id),
    CONSTRAINT fkx_trade_legs_giver_id FOREIGN KEY(giver_id) REFERENCES users(id),
    CONSTRAINT fkx_trade_legs_receiver_id FOREIGN KEY(receiver_id) REFERENCES users(id),
    CONSTRAINT pk_trade_legs PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS trade_notes (
    id CHAR(32) NOT NULL,
    trade_id CHAR(32) NOT NULL,
    author_id CHAR(32) NOT NULL,
    text TEXT NOT NULL,
    created_at DATETIME NOT NULL,
    CONSTRAINT fk_trade_notes_trade_id FOREIGN KEY(trade_id) REFERENCES trades(id),
    CONSTRAINT fkx_trade_notes_author_id FOREIGN KEY(author_id) REFERENCES users(id),
    CONSTRAINT pk_trade_notes PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS "trade_parties" (
    trade_id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    position INTEGER NOT NULL,
    consented_revision INTEGER,
    at_fault BOOLEAN NOT NULL,
    resume_asked BOOLEAN NOT NULL,
    cancel_asked_at DATETIME,
    dispute_withdrawn BOOLEAN NOT NULL,
    CONSTRAINT fk_trade_parties_trade_id FOREIGN KEY(trade_id) REFERENCES trades(id),
    CONSTRAINT fkx_trade_parties_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_trade_parties PRIMARY KEY(trade_id, member_id)
);

CREATE TABLE IF NOT EXISTS "trades" (
    id CHAR(32) NOT NULL,
    state VARCHAR(20) NOT NULL,
    revision INTEGER NOT NULL,
    author_id CHAR(32),
    turn CHAR(32),
    method VARCHAR(20) NOT NULL,
    place VARCHAR(200),
    planned_at DATETIME,
    answer_due_at DATETIME NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    version INTEGER NOT NULL,
    accepted_at DATETIME,
    due_at DATETIME,
    tracked BOOLEAN NOT NULL,
    first_sender CHAR(32),
    reopened_by CHAR(32),
    dispute_kind VARCHAR(20),
    dispute_opener CHAR(32),
    disputed_at DATETIME,
    not_before DATETIME,
    answer_within_hours INTEGER NOT NULL,
    CONSTRAINT ck_trades_answer_within CHECK(answer_within_hours > 0),
    CONSTRAINT ck_trades_disputed_since CHECK((state = 'disputed') =(disputed_at IS NOT NULL)),
    CONSTRAINT ck_trades_due_while_it_waits CHECK(due_at IS NULL OR state IN('proposed', 'accepted', 'fulfilling', 'disputed')),
    CONSTRAINT fkx_trades_author_id FOREIGN KEY(author_id) REFERENCES users(id),
    CONSTRAINT fkx_trades_dispute_opener FOREIGN KEY(dispute_opener) REFERENCES users(id),
    CONSTRAINT fkx_trades_first_sender FOREIGN KEY(first_sender) REFERENCES users(id),
    CONSTRAINT fkx_trades_reopened_by FOREIGN KEY(reopened_by) REFERENCES users(id),
    CONSTRAINT fkx_trades_turn FOREIGN KEY(turn) REFERENCES users(id),
    CONSTRAINT pk_trades PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS "users" (
    id CHAR(32) NOT NULL,
    email VARCHAR(254) NOT NULL,
    email_key VARCHAR(600) NOT NULL,
    password_hash VARCHAR(255) NOT NULL,
    role VARCHAR(20) NOT NULL,
    status VARCHAR(20) NOT NULL,
    email_verified_at DATETIME,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    version INTEGER NOT NULL,
    erase_after DATETIME,
    CONSTRAINT ck_users_erased_after CHECK(status <> 'deleting' OR erase_after IS NOT NULL),
    CONSTRAINT ck_users_stays CHECK(status <> 'active' OR erase_after IS NULL),
    CONSTRAINT pk_users PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS vouches (
    id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    issued_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    revoked_at DATETIME,
    CONSTRAINT fk_vouches_member_id FOREIGN KEY(member_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT pk_vouches PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS want_groups (
    id CHAR(32) NOT NULL,
    member_id CHAR(32) NOT NULL,
    count INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    min_condition VARCHAR(20),
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT ck_want_groups_count CHECK(count >= 1),
    CONSTRAINT ck_want_groups_rank CHECK(rank BETWEEN 1 AND 5),
    CONSTRAINT fkx_want_groups_member_id FOREIGN KEY(member_id) REFERENCES users(id),
    CONSTRAINT pk_want_groups PRIMARY KEY(id)
);

CREATE TABLE IF NOT EXISTS wanted_cards (
    want_group_id CHAR(32) NOT NULL,
    card_id CHAR(32) NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT fk_wanted_cards_want_group_id FOREIGN KEY(want_group_id) REFERENCES want_groups(id) ON DELETE CASCADE,
    CONSTRAINT fkx_wanted_cards_card_id FOREIGN KEY(card_id) REFERENCES cards(id),
    CONSTRAINT pk_wanted_cards PRIMARY KEY(want_group_id, card_id)
);

CREATE INDEX IF NOT EXISTS ix_addresses_fingerprint ON addresses(fingerprint);

CREATE INDEX IF NOT EXISTS ix_addresses_member_id ON addresses(member_id, id);

CREATE INDEX IF NOT EXISTS ix_addresses_sealed_by ON addresses(sealed_by);

CREATE INDEX IF NOT EXISTS ix_audit_entries_action ON audit_entries(action, id);

CREATE INDEX IF NOT EXISTS ix_audit_entries_actor ON audit_entries(actor, id);

CREATE INDEX IF NOT EXISTS ix_auth_throttles_forget_at ON auth_throttles(forget_at);

CREATE INDEX IF NOT EXISTS ix_blocks_blocked_id ON blocks(blocked_id, blocker_id);

CREATE INDEX IF NOT EXISTS ix_card_changes_card_id ON card_changes(card_id, id);

CREATE INDEX IF NOT EXISTS ix_card_idols_idol_id ON card_idols(idol_id);

CREATE INDEX IF NOT EXISTS ix_card_proposals_state ON card_proposals(state, id);

CREATE INDEX IF NOT EXISTS ix_card_snapshots_card_id ON card_snapshots(card_id, day);

CREATE INDEX IF NOT EXISTS ix_card_subjects_card_id ON card_subjects(card_id);

CREATE INDEX IF NOT EXISTS ix_cards_merged_into_id ON cards(merged_into_id);

CREATE INDEX IF NOT EXISTS ix_cards_release_id ON cards(release_id);

CREATE INDEX IF NOT EXISTS ix_collection_jobs_state ON collection_jobs(state, day);

CREATE INDEX IF NOT EXISTS ix_copies_listed_by_card ON copies(card_id, id, owner_id) WHERE for_trade = 1 AND state = 'held';

CREATE INDEX IF NOT EXISTS ix_copies_listed_by_owner ON copies(owner_id, id) WHERE for_trade = 1 AND state = 'held';

CREATE INDEX IF NOT EXISTS ix_copies_listed_by_owner_and_card ON copies(owner_id, card_id) WHERE for_trade = 1 AND state = 'held';

CREATE INDEX IF NOT EXISTS ix_copies_owner_id ON copies(owner_id, id) WHERE state != 'gone';

CREATE INDEX IF NOT EXISTS ix_copy_handovers_copy_id ON copy_handovers(copy_id, id);

CREATE INDEX IF NOT EXISTS ix_copy_promises_agreement_id ON copy_promises(agreement_id);

CREATE INDEX IF NOT EXISTS ix_copy_promises_receiver_id ON copy_promises(receiver_id) WHERE released_at IS NULL AND fulfilled_at IS NULL;

CREATE INDEX IF NOT EXISTS ix_dispute_cases_state ON dispute_cases(state, id);

CREATE INDEX IF NOT EXISTS ix_dispute_cases_trade_id ON dispute_cases(trade_id, id);

CREATE INDEX IF NOT EXISTS ix_group_order_tags_tag_id ON group_order_tags(tag_id, group_order_id);

CREATE INDEX IF NOT EXISTS ix_group_orders_co_organiser_id ON group_orders(co_organiser_id);

CREATE INDEX IF NOT EXISTS ix_group_orders_group_id ON group_orders(group_id, id);

CREATE INDEX IF NOT EXISTS ix_group_orders_organiser_id ON group_orders(organiser_id, state);

CREATE INDEX IF NOT EXISTS ix_group_orders_state ON group_orders(state, id);

CREATE INDEX IF NOT EXISTS ix_idempotency_keys_created_at ON idempotency_keys(created_at);

CREATE INDEX IF NOT EXISTS ix_idol_memberships_group_id ON idol_memberships(group_id);

CREATE INDEX IF NOT EXISTS ix_jobs_leased_until ON jobs(leased_until) WHERE state = 'running';

CREATE INDEX IF NOT EXISTS ix_jobs_run_at ON jobs(run_at) WHERE state = 'ready';

CREATE INDEX IF NOT EXISTS ix_ledger_accounts_group_order_id ON ledger_accounts(group_order_id, currency);

CREATE INDEX IF NOT EXISTS ix_ledger_accounts_member_id ON ledger_accounts(member_id, group_order_id);

CREATE INDEX IF NOT EXISTS ix_ledger_entries_member_id ON ledger_entries(member_id, group_order_id, sequence);

CREATE INDEX IF NOT EXISTS ix_ledger_entries_subject_id ON ledger_entries(subject_id);

CREATE INDEX IF NOT EXISTS ix_leg_copies_copy_id ON leg_copies(copy_id, leg_id);

CREATE INDEX IF NOT EXISTS ix_linked_identities_member_id ON linked_identities(member_id, id);

CREATE INDEX IF NOT EXISTS ix_market_conditions_group_id ON market_conditions(group_id, day);

CREATE INDEX IF NOT EXISTS ix_market_copies_card_id ON market_copies(card_id, generation) WHERE until_event IS NULL;

CREATE INDEX IF NOT EXISTS ix_market_copies_owner_id ON market_copies(owner_id, generation) WHERE until_event IS NULL;

CREATE INDEX IF NOT EXISTS ix_market_moves_card_id ON market_moves(card_id, generation, event);

CREATE INDEX IF NOT EXISTS ix_market_moves_giver_id ON market_moves(giver_id, generation);

CREATE INDEX IF NOT EXISTS ix_market_moves_receiver_id ON market_moves(receiver_id, generation);

CREATE INDEX IF NOT EXISTS ix_market_swaps_first_card_id ON market_swaps(first_card_id, generation, event);

CREATE INDEX IF NOT EXISTS ix_market_swaps_second_card_id ON market_swaps(second_card_id, generation, event);

CREATE INDEX IF NOT EXISTS ix_market_wants_card_id ON market_wants(card_id, generation) WHERE until_event IS NULL;

CREATE INDEX IF NOT EXISTS ix_market_wants_member_id ON market_wants(member_id, generation) WHERE until_event IS NULL;

CREATE INDEX IF NOT EXISTS ix_match_notices_member_id ON match_notices(member_id);

CREATE INDEX IF NOT EXISTS ix_match_notices_told_at ON match_notices(told_at);

CREATE INDEX IF NOT EXISTS ix_match_searches_due_at ON match_searches(due_at, member_id);

CREATE INDEX IF NOT EXISTS ix_matching_entries_member_id ON matching_entries(member_id, round_id);

CREATE INDEX IF NOT EXISTS ix_matching_ring_members_member_id ON matching_ring_members(member_id, ring_id);

CREATE INDEX IF NOT EXISTS ix_matching_rounds_closes_at ON matching_rounds(closes_at) WHERE state = 'open';

CREATE INDEX IF NOT EXISTS ix_matching_rounds_opener_id ON matching_rounds(opener_id, state);

CREATE INDEX IF NOT EXISTS ix_matching_rounds_region ON matching_rounds(region, id);

CREATE INDEX IF NOT EXISTS ix_matching_rounds_state ON matching_rounds(state, id);

CREATE INDEX IF NOT EXISTS ix_mfa_tickets_member_id ON mfa_tickets(member_id);

CREATE INDEX IF NOT EXISTS ix_milestone_moves_milestone_id ON milestone_moves(milestone_id, moved_at);

CREATE INDEX IF NOT EXISTS ix_one_time_tokens_email_key ON one_time_tokens(email_key) WHERE purpose = 'undo_email_change';

CREATE INDEX IF NOT EXISTS ix_one_time_tokens_expires_at ON one_time_tokens(expires_at);

CREATE INDEX IF NOT EXISTS ix_one_time_tokens_user_id ON one_time_tokens(user_id, purpose);

CREATE INDEX IF NOT EXISTS ix_operations_expires_at ON operations(expires_at);

CREATE INDEX IF NOT EXISTS ix_operations_member_id ON operations(member_id, kind);

CREATE INDEX IF NOT EXISTS ix_order_allocations_claim_id ON order_allocations(claim_id, round_id, member_id);

CREATE INDEX IF NOT EXISTS ix_order_allocations_group_order_id ON order_allocations(group_order_id, id);

CREATE INDEX IF NOT EXISTS ix_order_allocations_member_id ON order_allocations(member_id, group_order_id);

CREATE INDEX IF NOT EXISTS ix_order_allocations_offered_to ON order_allocations(offered_to) WHERE offered_to IS NOT NULL AND ended_at IS NULL;

CREATE INDEX IF NOT EXISTS ix_order_allocations_round_id ON order_allocations(round_id, group_order_id);

CREATE INDEX IF NOT EXISTS ix_order_allocations_sent ON order_allocations(shipped_at) WHERE shipped_at IS NOT NULL AND confirmed_at IS NULL AND ended_at IS NULL;

CREATE INDEX IF NOT EXISTS ix_order_allocations_slot_id ON order_allocations(slot_id, round_id);

CREATE INDEX IF NOT EXISTS ix_order_bills_group_order_id ON order_bills(group_order_id, id);

CREATE INDEX IF NOT EXISTS ix_order_claims_card_id ON order_claims(card_id);

CREATE INDEX IF NOT EXISTS ix_order_claims_member_id ON order_claims(member_id, round_id);

CREATE INDEX IF NOT EXISTS ix_order_dues_allocation_id ON order_dues(allocation_id, group_order_id);

CREATE INDEX IF NOT EXISTS ix_order_dues_bill_id ON order_dues(bill_id, group_order_id);

CREATE INDEX IF NOT EXISTS ix_order_dues_due_at ON order_dues(due_at) WHERE reversed_at IS NULL;

CREATE INDEX IF NOT EXISTS ix_order_dues_group_order_id ON order_dues(group_order_id, member_id, due_at);

CREATE INDEX IF NOT EXISTS ix_order_dues_member_id ON order_dues(member_id, due_at);

CREATE INDEX IF NOT EXISTS ix_order_handover_votes_member_id ON order_handover_votes(member_id);

CREATE INDEX IF NOT EXISTS ix_order_handovers_group_order_id ON order_handovers(group_order_id, id);

CREATE INDEX IF NOT EXISTS ix_order_joiners_member_id ON order_joiners(member_id, group_order_id);

CREATE INDEX IF NOT EXISTS ix_order_milestones_due_at ON order_milestones(due_at, group_order_id) WHERE done_at IS NULL AND skipped_at IS NULL;

CREATE INDEX IF NOT EXISTS ix_order_payments_answer_due_at ON order_payments(answer_due_at) WHERE state = 'reported' AND flagged_at IS NULL;

CREATE INDEX IF NOT EXISTS ix_order_payments_group_order_id ON order_payments(group_order_id, member_id, state);

CREATE INDEX IF NOT EXISTS ix_order_payments_member_id ON order_payments(member_id, group_order_id);

CREATE INDEX IF NOT EXISTS ix_order_ratings_ratee_id ON order_ratings(ratee_id, id);

CREATE INDEX IF NOT EXISTS ix_order_refunds_group_order_id ON order_refunds(group_order_id, member_id, state);

CREATE INDEX IF NOT EXISTS ix_order_refunds_member_id ON order_refunds(member_id, group_order_id);

CREATE INDEX IF NOT EXISTS ix_order_refunds_promised ON order_refunds(group_order_id) WHERE state = 'promised';

CREATE INDEX IF NOT EXISTS ix_order_rounds_closes_at ON order_rounds(closes_at) WHERE state = 'open';

CREATE INDEX IF NOT EXISTS ix_order_slots_card_id ON order_slots(card_id);

CREATE INDEX IF NOT EXISTS ix_order_transactions_group_order_id ON order_transactions(group_order_id, id);

CREATE INDEX IF NOT EXISTS ix_order_transactions_outcome ON order_transactions(outcome, id);

CREATE INDEX IF NOT EXISTS ix_outbox_aggregate_id ON outbox(aggregate_id, tx);

CREATE INDEX IF NOT EXISTS ix_outbox_tx ON outbox(tx, position);

CREATE INDEX IF NOT EXISTS ix_ratings_ratee_id ON ratings(ratee_id, id);

CREATE INDEX IF NOT EXISTS ix_refresh_sessions_user_id ON refresh_sessions(user_id, revoked_at);

CREATE INDEX IF NOT EXISTS ix_releases_group_id ON releases(group_id);

CREATE INDEX IF NOT EXISTS ix_sign_in_attempts_created_at ON sign_in_attempts(created_at);

CREATE INDEX IF NOT EXISTS ix_sign_in_attempts_member_id ON sign_in_attempts(member_id);

CREATE INDEX IF NOT EXISTS ix_trade_addresses_sealed_by ON trade_addresses(sealed_by);

CREATE INDEX IF NOT EXISTS ix_trade_legs_trade_id ON trade_legs(trade_id, position);

CREATE INDEX IF NOT EXISTS ix_trade_notes_trade_id ON trade_notes(trade_id, id);

CREATE INDEX IF NOT EXISTS ix_trade_parties_member_id ON trade_parties(member_id, trade_id);

CREATE INDEX IF NOT EXISTS ix_trades_author_id ON trades(author_id, state);

CREATE INDEX IF NOT EXISTS ix_trades_due_at ON trades(due_at);

CREATE INDEX IF NOT EXISTS ix_trades_rateable ON trades(updated_at) WHERE state IN('completed', 'resolved');

CREATE INDEX IF NOT EXISTS ix_users_erase_after ON users(erase_after) WHERE erase_after IS NOT NULL;

CREATE INDEX IF NOT EXISTS ix_vouches_member_id ON vouches(member_id, id);

CREATE INDEX IF NOT EXISTS ix_want_groups_member_id ON want_groups(member_id, id);

CREATE INDEX IF NOT EXISTS ix_wanted_cards_card_id ON wanted_cards(card_id, want_group_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_audit_seals_entry_id ON audit_seals(entry_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_blocks_blocker_id ON blocks(blocker_id, blocked_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_card_market_card_id ON card_market(card_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_cards_code ON cards(code);

CREATE UNIQUE INDEX IF NOT EXISTS uq_collection_jobs_window ON collection_jobs(kind, scope, day);

CREATE UNIQUE INDEX IF NOT EXISTS uq_copy_promises_live ON copy_promises(copy_id) WHERE released_at IS NULL AND fulfilled_at IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS uq_dispute_cases_open ON dispute_cases(trade_id) WHERE state = 'open';

CREATE UNIQUE INDEX IF NOT EXISTS uq_group_orders_currency ON group_orders(id, currency);

CREATE UNIQUE INDEX IF NOT EXISTS uq_groups_code ON groups(code);

CREATE UNIQUE INDEX IF NOT EXISTS uq_idols_code ON idols(code);

CREATE UNIQUE INDEX IF NOT EXISTS uq_jobs_unfinished ON jobs(kind, "key") WHERE state IN('ready', 'running');

CREATE UNIQUE INDEX IF NOT EXISTS uq_ledger_accounts_currency ON ledger_accounts(id, group_order_id, currency);

CREATE UNIQUE INDEX IF NOT EXISTS uq_ledger_accounts_member ON ledger_accounts(group_order_id, name, member_id) WHERE member_id IS NOT NULL;

CREATE UNIQUE INDEX IF NOT EXISTS uq_ledger_accounts_name ON ledger_accounts(group_order_id, name) WHERE member_id IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS uq_ledger_entries_reverses_id ON ledger_entries(reverses_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_ledger_entries_sequence ON ledger_entries(group_order_id, sequence);

CREATE UNIQUE INDEX IF NOT EXISTS uq_linked_identities_subject ON linked_identities(issuer, subject);

CREATE UNIQUE INDEX IF NOT EXISTS uq_market_generations_reading ON market_generations(state) WHERE state <> 'old';

CREATE UNIQUE INDEX IF NOT EXISTS uq_matching_rings_position ON matching_rings(run_id, position);

CREATE UNIQUE INDEX IF NOT EXISTS uq_matching_rings_trade_id ON matching_rings(trade_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_matching_runs_generation ON matching_runs(round_id, generation);

CREATE UNIQUE INDEX IF NOT EXISTS uq_one_time_tokens_unused ON one_time_tokens(user_id, purpose) WHERE used_at IS NULL AND purpose <> 'undo_email_change';

CREATE UNIQUE INDEX IF NOT EXISTS uq_operations_unfinished ON operations(member_id, kind) WHERE status IN('queued', 'running');

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_allocations_copy_id ON order_allocations(copy_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_allocations_live ON order_allocations(slot_id) WHERE ended_at IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_allocations_order ON order_allocations(id, group_order_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_bills_order ON order_bills(id, group_order_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_claims_round ON order_claims(id, round_id, member_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_claims_sequence ON order_claims(round_id, sequence);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_dues_late_for ON order_dues(late_for) WHERE late_for IS NOT NULL AND reversed_at IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_handovers_pending ON order_handovers(group_order_id) WHERE ended_at IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_joiners_reference ON order_joiners(reference);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_milestones_kind ON order_milestones(group_order_id, kind);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_ratings_group_order_id ON order_ratings(group_order_id, rater_id, ratee_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_rounds_number ON order_rounds(group_order_id, number);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_rounds_order ON order_rounds(id, group_order_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_slots_number ON order_slots(round_id, number);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_slots_round ON order_slots(id, round_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_order_transactions_event ON order_transactions(provider, event_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_profiles_nickname_key ON profiles(nickname_key);

CREATE UNIQUE INDEX IF NOT EXISTS uq_ratings_trade_id ON ratings(trade_id, rater_id, ratee_id);

CREATE UNIQUE INDEX IF NOT EXISTS uq_releases_code ON releases(code);

CREATE UNIQUE INDEX IF NOT EXISTS uq_tags_name ON tags(name);

CREATE UNIQUE INDEX IF NOT EXISTS uq_trade_events_sequence ON trade_events(trade_id, sequence);

CREATE UNIQUE INDEX IF NOT EXISTS uq_users_email_key ON users(email_key);

CREATE TRIGGER IF NOT EXISTS tr_audit_end_outside_delete AFTER delete ON audit_end WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'audit_end', 'delete', old.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_audit_end_outside_insert AFTER insert ON audit_end WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'audit_end', 'insert', new.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_audit_end_outside_update AFTER update ON audit_end WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'audit_end', 'update', new.id, rtrim(iif(old.number IS new.number, '', 'number, ') || iif(old.hash IS new.hash, '', 'hash, ') || iif(old.stamp IS new.stamp, '', 'stamp, '), ', ')); END;

CREATE TRIGGER IF NOT EXISTS tr_audit_entries_append_only_delete BEFORE delete ON audit_entries BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_audit_entries_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_audit_entries_append_only_update BEFORE update ON audit_entries BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_audit_entries_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_audit_entries_outside_delete AFTER delete ON audit_entries WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'audit_entries', 'delete', old.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_audit_entries_outside_insert AFTER insert ON audit_entries WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'audit_entries', 'insert', new.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_audit_entries_outside_update AFTER update ON audit_entries WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'audit_entries', 'update', new.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_audit_seals_append_only_delete BEFORE delete ON audit_seals BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_audit_seals_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_audit_seals_append_only_update BEFORE update ON audit_seals BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_audit_seals_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_audit_seals_outside_delete AFTER delete ON audit_seals WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'audit_seals', 'delete', old.number, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_audit_seals_outside_insert AFTER insert ON audit_seals WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'audit_seals', 'insert', new.number, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_audit_seals_outside_update AFTER update ON audit_seals WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'audit_seals', 'update', new.number, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_authenticators_outside_delete AFTER delete ON authenticators WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'authenticators', 'delete', old.member_id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_authenticators_outside_insert AFTER insert ON authenticators WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'authenticators', 'insert', new.member_id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_authenticators_outside_update AFTER update ON authenticators WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'authenticators', 'update', new.member_id, rtrim(iif(old.sealed IS new.sealed, '', 'sealed, ') || iif(old.last_step IS new.last_step, '', 'last_step, ') || iif(old.confirmed_at IS new.confirmed_at, '', 'confirmed_at, '), ', ')); END;

CREATE TRIGGER IF NOT EXISTS tr_card_changes_append_only_delete BEFORE delete ON card_changes BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_card_changes_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_card_changes_append_only_update BEFORE update ON card_changes BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_card_changes_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_card_changes_outside_delete AFTER delete ON card_changes WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'card_changes', 'delete', old.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_card_changes_outside_insert AFTER insert ON card_changes WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'card_changes', 'insert', new.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_card_changes_outside_update AFTER update ON card_changes WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'card_changes', 'update', new.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_copies_outside_delete AFTER delete ON copies WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'copies', 'delete', old.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_copies_outside_insert AFTER insert ON copies WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'copies', 'insert', new.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_copies_outside_update AFTER update ON copies WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'copies', 'update', new.id, rtrim(iif(old.owner_id IS new.owner_id, '', 'owner_id, ') || iif(old.card_id IS new.card_id, '', 'card_id, ') || iif(old.state IS new.state, '', 'state, '), ', ')); END;

CREATE TRIGGER IF NOT EXISTS tr_copy_handovers_append_only_delete BEFORE delete ON copy_handovers BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_copy_handovers_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_copy_handovers_append_only_update BEFORE update ON copy_handovers BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_copy_handovers_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_copy_handovers_outside_delete AFTER delete ON copy_handovers WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'copy_handovers', 'delete', old.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_copy_handovers_outside_insert AFTER insert ON copy_handovers WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'copy_handovers', 'insert', new.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_copy_handovers_outside_update AFTER update ON copy_handovers WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'copy_handovers', 'update', new.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_copy_promises_outside_delete AFTER delete ON copy_promises WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'copy_promises', 'delete', old.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_copy_promises_outside_insert AFTER insert ON copy_promises WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'copy_promises', 'insert', new.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_copy_promises_outside_update AFTER update ON copy_promises WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'copy_promises', 'update', new.id, rtrim(iif(old.copy_id IS new.copy_id, '', 'copy_id, ') || iif(old.agreement_id IS new.agreement_id, '', 'agreement_id, ') || iif(old.receiver_id IS new.receiver_id, '', 'receiver_id, ') || iif(old.shipped_at IS new.shipped_at, '', 'shipped_at, ') || iif(old.released_at IS new.released_at, '', 'released_at, ') || iif(old.fulfilled_at IS new.fulfilled_at, '', 'fulfilled_at, '), ', ')); END;

CREATE TRIGGER IF NOT EXISTS tr_dispute_cases_outside_delete AFTER delete ON dispute_cases WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'dispute_cases', 'delete', old.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_dispute_cases_outside_insert AFTER insert ON dispute_cases WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'dispute_cases', 'insert', new.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_dispute_cases_outside_update AFTER update ON dispute_cases WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'dispute_cases', 'update', new.id, rtrim(iif(old.state IS new.state, '', 'state, ') || iif(old.verdict IS new.verdict, '', 'verdict, ') || iif(old.at_fault IS new.at_fault, '', 'at_fault, ') || iif(old.outcome IS new.outcome, '', 'outcome, ') || iif(old.at_fault_now IS new.at_fault_now, '', 'at_fault_now, '), ', ')); END;

CREATE TRIGGER IF NOT EXISTS tr_ledger_entries_append_only_delete BEFORE delete ON ledger_entries BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_ledger_entries_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_ledger_entries_append_only_update BEFORE update ON ledger_entries BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_ledger_entries_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_linked_identities_outside_delete AFTER delete ON linked_identities WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'linked_identities', 'delete', old.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_linked_identities_outside_insert AFTER insert ON linked_identities WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'linked_identities', 'insert', new.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_linked_identities_outside_update AFTER update ON linked_identities WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'linked_identities', 'update', new.id, rtrim(iif(old.member_id IS new.member_id, '', 'member_id, ') || iif(old.issuer IS new.issuer, '', 'issuer, ') || iif(old.subject IS new.subject, '', 'subject, '), ', ')); END;

CREATE TRIGGER IF NOT EXISTS tr_milestone_moves_append_only_delete BEFORE delete ON milestone_moves BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_milestone_moves_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_milestone_moves_append_only_update BEFORE update ON milestone_moves BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_milestone_moves_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_order_rules_append_only_delete BEFORE delete ON order_rules BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_order_rules_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_order_rules_append_only_update BEFORE update ON order_rules BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_order_rules_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_order_transactions_append_only_delete BEFORE delete ON order_transactions BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_order_transactions_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_order_transactions_append_only_update BEFORE update ON order_transactions BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_order_transactions_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_outbox_append_only_delete BEFORE delete ON outbox BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_outbox_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_outbox_append_only_update BEFORE update ON outbox BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_outbox_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_outbox_outside_delete AFTER delete ON outbox WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'outbox', 'delete', old.position, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_outbox_outside_insert AFTER insert ON outbox WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'outbox', 'insert', new.position, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_outbox_outside_update AFTER update ON outbox WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'outbox', 'update', new.position, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_outside_changes_append_only_delete BEFORE delete ON outside_changes BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_outside_changes_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_outside_changes_append_only_update BEFORE update ON outside_changes BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_outside_changes_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_ratings_outside_delete AFTER delete ON ratings WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'ratings', 'delete', old.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_ratings_outside_insert AFTER insert ON ratings WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'ratings', 'insert', new.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_ratings_outside_update AFTER update ON ratings WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'ratings', 'update', new.id, rtrim(iif(old.score IS new.score, '', 'score, ') || iif(old.rater_id IS new.rater_id, '', 'rater_id, ') || iif(old.ratee_id IS new.ratee_id, '', 'ratee_id, ') || iif(old.hidden_at IS new.hidden_at, '', 'hidden_at, '), ', ')); END;

CREATE TRIGGER IF NOT EXISTS tr_standings_outside_delete AFTER delete ON standings WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'standings', 'delete', old.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_standings_outside_insert AFTER insert ON standings WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'standings', 'insert', new.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_standings_outside_update AFTER update ON standings WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'standings', 'update', new.id, rtrim(iif(old.trust_level IS new.trust_level, '', 'trust_level, '), ', ')); END;

CREATE TRIGGER IF NOT EXISTS tr_trade_events_append_only_delete BEFORE delete ON trade_events BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_trade_events_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_trade_events_append_only_update BEFORE update ON trade_events BEGIN SELECT RAISE(ABORT, 'append-only constraint failed: tr_trade_events_append_only'); END;

CREATE TRIGGER IF NOT EXISTS tr_trade_events_outside_delete AFTER delete ON trade_events WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'trade_events', 'delete', old.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_trade_events_outside_insert AFTER insert ON trade_events WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'trade_events', 'insert', new.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_trade_events_outside_update AFTER update ON trade_events WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'trade_events', 'update', new.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_trades_outside_delete AFTER delete ON trades WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'trades', 'delete', old.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_trades_outside_insert AFTER insert ON trades WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'trades', 'insert', new.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_trades_outside_update AFTER update ON trades WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'trades', 'update', new.id, rtrim(iif(old.state IS new.state, '', 'state, ') || iif(old.revision IS new.revision, '', 'revision, ') || iif(old.due_at IS new.due_at, '', 'due_at, '), ', ')); END;

CREATE TRIGGER IF NOT EXISTS tr_users_outside_delete AFTER delete ON users WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'users', 'delete', old.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_users_outside_insert AFTER insert ON users WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'users', 'insert', new.id, NULL); END;

CREATE TRIGGER IF NOT EXISTS tr_users_outside_update AFTER update ON users WHEN(SELECT analysis_limit FROM pragma_analysis_limit) <> 4021996 BEGIN INSERT INTO outside_changes(at, relation, verb, row_key, columns) VALUES(strftime('%Y-%m-%d %H:%M:%f000', 'now'), 'users', 'update', new.id, rtrim(iif(old.role IS new.role, '', 'role, ') || iif(old.status IS new.status, '', 'status, ') || iif(old.password_hash IS new.password_hash, '', 'password_hash, ') || iif(old.email IS new.email, '', 'email, ') || iif(old.email_verified_at IS new.email_verified_at, '', 'email_verified_at, '), ', ')); END;
