-- The state's tables, in the common subset of SQLite and PostgreSQL: TEXT, BIGINT (epoch milliseconds, bytes,
-- counts; 0 and 1 for booleans), CHECK, partial unique indices. Each migration is applied once, in its order.

-- migration 1
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE posts (
    uid TEXT PRIMARY KEY,
    open_id TEXT NOT NULL CHECK (open_id <> ''),
    name TEXT NOT NULL CHECK (name <> ''),
    account TEXT NOT NULL,
    generation BIGINT NOT NULL DEFAULT 1,
    media_digest TEXT NOT NULL DEFAULT '',
    slot_at BIGINT,
    acked_digest TEXT NOT NULL DEFAULT '',
    bound_post_id TEXT NOT NULL DEFAULT '',
    removed_at BIGINT,
    public_at BIGINT,
    UNIQUE (open_id, name)
);
CREATE UNIQUE INDEX one_slot_one_post ON posts (open_id, slot_at) WHERE slot_at IS NOT NULL;

CREATE TABLE attempts (
    id TEXT PRIMARY KEY,
    post_uid TEXT NOT NULL REFERENCES posts (uid),
    number BIGINT NOT NULL,
    open_id TEXT NOT NULL,
    generation BIGINT NOT NULL,
    phase TEXT NOT NULL CHECK (phase IN ('intent', 'uploading', 'processing', 'published', 'delivered',
                                         'failed', 'orphaned', 'unknown', 'abandoned')),
    mode TEXT NOT NULL CHECK (mode IN ('direct', 'draft')),
    pulls BIGINT NOT NULL CHECK (pulls IN (0, 1)),
    digest TEXT NOT NULL,
    media_digest TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    run_id TEXT NOT NULL DEFAULT '',
    plan_digest TEXT NOT NULL DEFAULT '',
    sent TEXT NOT NULL DEFAULT '{}',
    caption TEXT NOT NULL DEFAULT '',
    privacy TEXT NOT NULL DEFAULT '',
    duration DOUBLE PRECISION,
    init_sent_at BIGINT,
    publish_id TEXT NOT NULL DEFAULT '',
    upload_url TEXT NOT NULL DEFAULT '',
    upload_expires_at BIGINT,
    chunk_size BIGINT NOT NULL DEFAULT 0,
    chunk_count BIGINT NOT NULL DEFAULT 0,
    sent_bytes BIGINT NOT NULL DEFAULT 0,
    last_put_at BIGINT,
    finished_at BIGINT,
    post_id TEXT NOT NULL DEFAULT '',
    problem_code TEXT NOT NULL DEFAULT '',
    problem_what TEXT NOT NULL DEFAULT '',
    log_id TEXT NOT NULL DEFAULT '',
    retry BIGINT NOT NULL DEFAULT 0 CHECK (retry IN (0, 1)),
    not_before BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    UNIQUE (post_uid, number),
    -- The first byte may not go before what TikTok answered is on disk.
    CHECK (sent_bytes = 0 OR publish_id <> ''),
    CHECK (last_put_at IS NULL OR publish_id <> ''),
    CHECK (upload_url = '' OR phase = 'uploading'),
    CHECK (phase NOT IN ('uploading', 'processing') OR publish_id <> '')
);
CREATE INDEX attempts_by_time ON attempts (open_id, created_at);
CREATE UNIQUE INDEX one_open_attempt ON attempts (post_uid)
    WHERE phase IN ('intent', 'uploading', 'processing', 'unknown');
CREATE UNIQUE INDEX one_success_a_generation ON attempts (post_uid, generation)
    WHERE phase IN ('published', 'delivered');
CREATE UNIQUE INDEX one_attempt_a_publish_id ON attempts (open_id, publish_id) WHERE publish_id <> '';

-- A video belongs to one post only, however it came to it.
CREATE TABLE bindings (
    open_id TEXT NOT NULL,
    post_id TEXT NOT NULL CHECK (post_id <> ''),
    post_uid TEXT NOT NULL REFERENCES posts (uid),
    attempt_id TEXT NOT NULL DEFAULT '',
    how TEXT NOT NULL,
    bound_at BIGINT NOT NULL,
    PRIMARY KEY (open_id, post_id)
);

CREATE TABLE history (
    seq INTEGER PRIMARY KEY,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    open_id TEXT NOT NULL DEFAULT '',
    post_uid TEXT NOT NULL DEFAULT '',
    post TEXT NOT NULL DEFAULT '',
    attempt_id TEXT NOT NULL DEFAULT '',
    what TEXT NOT NULL,
    phase_before TEXT NOT NULL DEFAULT '',
    phase_after TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL DEFAULT '{}',
    log_id TEXT NOT NULL DEFAULT ''
);
CREATE INDEX history_of_a_post ON history (post_uid, seq);

CREATE TABLE creators (
    open_id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    nickname TEXT NOT NULL DEFAULT '',
    username TEXT NOT NULL DEFAULT '',
    privacy TEXT,
    disabled TEXT NOT NULL DEFAULT '[]',
    max_seconds BIGINT,
    stop TEXT NOT NULL DEFAULT '',
    stop_what TEXT NOT NULL DEFAULT '',
    seen_at BIGINT NOT NULL
);

CREATE TABLE videos (
    open_id TEXT NOT NULL,
    post_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    caption TEXT NOT NULL,
    title TEXT NOT NULL,
    duration BIGINT NOT NULL,
    url TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    gone_at BIGINT,
    PRIMARY KEY (open_id, post_id)
);
CREATE TABLE video_lists (
    open_id TEXT PRIMARY KEY,
    read_at BIGINT NOT NULL,
    complete_at BIGINT
);

CREATE TABLE calls (
    scope TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX calls_by_time ON calls (scope, endpoint, at);

CREATE TABLE plans (
    digest TEXT PRIMARY KEY,
    used_at BIGINT NOT NULL,
    run_id TEXT NOT NULL
);

-- migration 2
-- When the upload address was given, by TikTok's own clock.
ALTER TABLE attempts ADD COLUMN tiktok_opened_at BIGINT;

-- migration 3
-- What TikTok pushed. digest: of the raw body, so that a repetition is seen as one.
CREATE TABLE webhook_events (
    digest TEXT PRIMARY KEY,
    received_at BIGINT NOT NULL,
    signed_at BIGINT NOT NULL,
    happened_at BIGINT NOT NULL,
    event TEXT NOT NULL,
    open_id TEXT NOT NULL DEFAULT '',
    publish_id TEXT NOT NULL DEFAULT '',
    body TEXT NOT NULL,
    late BIGINT NOT NULL DEFAULT 0 CHECK (late IN (0, 1)),
    deliveries BIGINT NOT NULL DEFAULT 1,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'kept')),
    outcome TEXT NOT NULL DEFAULT '',
    tries BIGINT NOT NULL DEFAULT 0,
    due_at BIGINT NOT NULL
);
CREATE INDEX webhook_events_waiting ON webhook_events (due_at) WHERE state = 'waiting';

-- The newest word about who can see a video; the public list may know better, by its time.
CREATE TABLE told_visibility (
    open_id TEXT NOT NULL,
    post_id TEXT NOT NULL CHECK (post_id <> ''),
    at BIGINT NOT NULL,
    visible BIGINT NOT NULL CHECK (visible IN (0, 1)),
    PRIMARY KEY (open_id, post_id)
);

-- The newest word that an account took the app's access away. token_sha256: of the token that died by it.
CREATE TABLE removed_access (
    open_id TEXT PRIMARY KEY,
    removed_at BIGINT NOT NULL,
    reason BIGINT NOT NULL,
    token_sha256 TEXT NOT NULL DEFAULT ''
);

-- migration 4
-- What was put where TikTok fetches photos. uploaded_at: NULL while that is under way, or was cut off.
CREATE TABLE hosted (
    place TEXT NOT NULL,
    name TEXT NOT NULL CHECK (name <> ''),
    size BIGINT NOT NULL,
    post TEXT NOT NULL,
    open_id TEXT NOT NULL,
    begun_at BIGINT NOT NULL,
    uploaded_at BIGINT,
    PRIMARY KEY (place, name)
);

-- migration 5
-- What a manifest had in the place of the media that were sent, whenever an apply looked: digests, parted by blanks.
ALTER TABLE posts ADD COLUMN edited_media TEXT NOT NULL DEFAULT '';

-- migration 6
-- How many of a file's first bytes went out or may have gone out, and their digest.
ALTER TABLE attempts ADD COLUMN wire_bytes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN wire_sha256 TEXT NOT NULL DEFAULT '';

-- migration 7
-- Which machine began an attempt, where the state is shared.
ALTER TABLE attempts ADD COLUMN machine TEXT NOT NULL DEFAULT '';

-- migration 8
-- One for each developer, whereas an open_id is one for each app: what tells that two open_ids are one account.
ALTER TABLE creators ADD COLUMN union_id TEXT NOT NULL DEFAULT '';

-- migration 9
-- A person's yes to one generation of a post. digest: of all that would be sent. used_by: the attempt begun under it.
CREATE TABLE approvals (
    open_id TEXT NOT NULL,
    name TEXT NOT NULL,
    generation BIGINT NOT NULL,
    account TEXT NOT NULL,
    digest TEXT NOT NULL,
    parts TEXT NOT NULL,
    who TEXT NOT NULL,
    how TEXT NOT NULL,
    at BIGINT NOT NULL,
    used_by TEXT NOT NULL DEFAULT '',
    revoked_at BIGINT,
    PRIMARY KEY (open_id, name, generation)
);

-- migration 10
-- What TikTok said of public videos over time. On this machine only, also where the state is shared.
CREATE TABLE figures (
    open_id TEXT NOT NULL,
    post_id TEXT NOT NULL CHECK (post_id <> ''),
    at BIGINT NOT NULL,
    views BIGINT,
    likes BIGINT,
    comments BIGINT,
    shares BIGINT,
    PRIMARY KEY (open_id, post_id, at)
);

-- What the calendar file said last of each post, so that a calendar program sees that an entry moved.
CREATE TABLE calendar_entries (
    open_id TEXT NOT NULL,
    name TEXT NOT NULL,
    starts_at TEXT NOT NULL,
    digest TEXT NOT NULL,
    sequence BIGINT NOT NULL DEFAULT 0,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (open_id, name)
);

-- migration 11
-- By which slots of the account a post got its slot: with other slots, it is given another one.
ALTER TABLE posts ADD COLUMN slot_rule TEXT NOT NULL DEFAULT '';

-- migration 12
-- Who is told what happens, and since when. failing_since: NULL while the recipient can be reached. On this machine
-- only, also where the state is shared.
CREATE TABLE recipients (
    name TEXT PRIMARY KEY,
    since BIGINT NOT NULL,
    failing_since BIGINT
);

-- Which notice was told to whom. body: the notice as JSON, empty once it needs no further try.
CREATE TABLE notices (
    key TEXT NOT NULL CHECK (key <> ''),
    recipient TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    body TEXT NOT NULL DEFAULT '',
    tries BIGINT NOT NULL DEFAULT 0,
    due_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'told', 'given-up')),
    PRIMARY KEY (key, recipient)
);
CREATE INDEX notices_waiting ON notices (recipient, made_at) WHERE state = 'waiting';

-- migration 13
-- Which process, of this or another machine, said in a shared state that it is about to send the notice. due_at: until
-- then no other process sends it. A waiting notice without a body is known from the shared state alone.
ALTER TABLE notices ADD COLUMN claimed_by TEXT NOT NULL DEFAULT '';
