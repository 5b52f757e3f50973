-- Every statement of the state, shared by all backends. A change repeats its whole precondition, and the number of
-- rows tells who won.

-- name: meta(name)^
SELECT value FROM meta WHERE name = :name;

-- name: set_meta(name, value)!
INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: meta_from(start, end)
SELECT name, value FROM meta WHERE name >= :start AND name < :end ORDER BY name;

-- name: drop_meta(name)!
DELETE FROM meta WHERE name = :name;

-- name: raise_serial()!
UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE name = 'serial';

-- name: posts(open_id)
SELECT * FROM posts WHERE open_id = :open_id;

-- name: post(uid)^
SELECT * FROM posts WHERE uid = :uid;

-- name: post_named(open_id, name)^
SELECT * FROM posts WHERE open_id = :open_id AND name = :name;

-- name: attempts(open_id)
SELECT * FROM attempts WHERE open_id = :open_id ORDER BY number;

-- name: attempts_of(post_uid)
SELECT * FROM attempts WHERE post_uid = :post_uid ORDER BY number;

-- name: attempt(id)^
SELECT * FROM attempts WHERE id = :id;

-- name: an_unknown(open_id)^
SELECT id FROM attempts WHERE open_id = :open_id AND phase = 'unknown' LIMIT 1;

-- name: attempts_since(since)
SELECT * FROM attempts WHERE created_at >= :since ORDER BY created_at, number;

-- name: add_post(uid, open_id, name, account, generation, media_digest)!
INSERT INTO posts (uid, open_id, name, account, generation, media_digest)
VALUES (:uid, :open_id, :name, :account, :generation, :media_digest)
ON CONFLICT (open_id, name) DO NOTHING;

-- name: begin_generation(generation, media_digest, account, uid)!
UPDATE posts SET generation = :generation, media_digest = :media_digest, account = :account, removed_at = NULL
WHERE uid = :uid AND generation <= :generation;

-- name: move_post(name, account, uid, open_id)!
UPDATE posts SET name = :name, account = :account
WHERE uid = :uid AND open_id = :open_id
  AND NOT EXISTS (SELECT 1 FROM posts AS other WHERE other.open_id = :open_id AND other.name = :name);

-- name: name_account(account, open_id)!
UPDATE posts SET account = :account WHERE open_id = :open_id AND account <> :account;

-- name: pin_slot(slot_at, slot_rule, uid)!
UPDATE posts SET slot_at = :slot_at, slot_rule = :slot_rule WHERE uid = :uid AND slot_at IS NULL;

-- name: unpin_slot(slot_at, uid)!
UPDATE posts SET slot_at = NULL, slot_rule = '' WHERE uid = :uid AND slot_at = :slot_at;

-- name: mark_public(at, uid)!
UPDATE posts SET public_at = :at WHERE uid = :uid AND (public_at IS NULL OR public_at < :at);

-- name: bind_post(post_id, uid)!
UPDATE posts SET bound_post_id = :post_id WHERE uid = :uid AND bound_post_id IN ('', :post_id);

-- name: bind(open_id, post_id, post_uid, attempt_id, how, bound_at)!
INSERT INTO bindings (open_id, post_id, post_uid, attempt_id, how, bound_at)
VALUES (:open_id, :post_id, :post_uid, :attempt_id, :how, :bound_at)
ON CONFLICT (open_id, post_id) DO NOTHING;

-- name: date_binding(open_id, post_id, bound_at)!
UPDATE bindings SET bound_at = :bound_at WHERE open_id = :open_id AND post_id = :post_id AND bound_at > :bound_at;

-- name: binding(open_id, post_id)^
SELECT * FROM bindings WHERE open_id = :open_id AND post_id = :post_id;

-- name: bindings(open_id)
SELECT * FROM bindings WHERE open_id = :open_id;

-- name: add_attempt(id, post_uid, number, open_id, generation, phase, mode, pulls, digest, media_digest, sha256, size, created_at, updated_at, run_id, plan_digest, sent, caption, privacy, duration, init_sent_at, machine)!
INSERT INTO attempts (id, post_uid, number, open_id, generation, phase, mode, pulls, digest, media_digest, sha256, size,
    created_at, updated_at, run_id, plan_digest, sent, caption, privacy, duration, init_sent_at, machine, version)
VALUES (:id, :post_uid, :number, :open_id, :generation, :phase, :mode, :pulls, :digest, :media_digest, :sha256, :size,
    :created_at, :updated_at, :run_id, :plan_digest, :sent, :caption, :privacy, :duration, :init_sent_at,
    :machine, 1);

-- name: save_attempt(phase, updated_at, init_sent_at, publish_id, upload_url, upload_expires_at, chunk_size, chunk_count, sent_bytes, last_put_at, finished_at, post_id, problem_code, problem_what, log_id, retry, not_before, tiktok_opened_at, wire_bytes, wire_sha256, run_id, version, id)!
UPDATE attempts SET phase = :phase, updated_at = :updated_at, init_sent_at = :init_sent_at,
    publish_id = :publish_id, upload_url = :upload_url, upload_expires_at = :upload_expires_at,
    chunk_size = :chunk_size, chunk_count = :chunk_count, sent_bytes = :sent_bytes, last_put_at = :last_put_at,
    finished_at = :finished_at, post_id = :post_id, problem_code = :problem_code, problem_what = :problem_what,
    log_id = :log_id, retry = :retry, not_before = :not_before, tiktok_opened_at = :tiktok_opened_at,
    wire_bytes = :wire_bytes, wire_sha256 = :wire_sha256, run_id = :run_id,
    version = :version + 1
WHERE id = :id AND version = :version;

-- name: number_attempt(number, id)!
UPDATE attempts SET number = :number WHERE id = :id;

-- name: add_history(at, who, open_id, post_uid, post, attempt_id, what, phase_before, phase_after, detail, log_id)!
INSERT INTO history (at, who, open_id, post_uid, post, attempt_id, what, phase_before, phase_after, detail, log_id)
VALUES (:at, :who, :open_id, :post_uid, :post, :attempt_id, :what, :phase_before, :phase_after, :detail, :log_id);

-- name: history_of(post_uid)
SELECT * FROM history WHERE post_uid = :post_uid ORDER BY seq;

-- name: history()
SELECT * FROM history ORDER BY seq;

-- name: latest_history(count)
SELECT * FROM history ORDER BY seq DESC LIMIT :count;

-- Not every answer tells the names: what is known of an identity stays until another name is told.
-- name: save_creator(open_id, union_id, account, nickname, username, privacy, disabled, max_seconds, stop, stop_what, seen_at)!
INSERT INTO creators (open_id, union_id, account, nickname, username, privacy, disabled, max_seconds, stop, stop_what, seen_at)
VALUES (:open_id, :union_id, :account, :nickname, :username, :privacy, :disabled, :max_seconds, :stop, :stop_what, :seen_at)
ON CONFLICT (open_id) DO UPDATE SET account = excluded.account,
    nickname = COALESCE(NULLIF(excluded.nickname, ''), creators.nickname),
    union_id = COALESCE(NULLIF(excluded.union_id, ''), creators.union_id),
    username = COALESCE(NULLIF(excluded.username, ''), creators.username), privacy = excluded.privacy, disabled = excluded.disabled,
    max_seconds = excluded.max_seconds, stop = excluded.stop, stop_what = excluded.stop_what,
    seen_at = excluded.seen_at;

-- name: identities()
SELECT DISTINCT open_id FROM posts ORDER BY open_id;

-- name: identities_seen()
SELECT account, open_id FROM creators ORDER BY seen_at;

-- name: last_seen(account)^
SELECT open_id FROM creators WHERE account = :account ORDER BY seen_at DESC LIMIT 1;

-- Posts that tell of something, by identity and account name, and who TikTok said that identity is.
-- name: witnessed_identities()
SELECT told.open_id, told.account, told.count, COALESCE(creators.union_id, '') AS union_id,
    COALESCE(creators.username, '') AS username
FROM (
    SELECT open_id, account, COUNT(*) AS count FROM posts
    WHERE bound_post_id <> '' OR removed_at IS NOT NULL OR uid IN (SELECT post_uid FROM attempts)
    GROUP BY open_id, account
) AS told LEFT JOIN creators ON creators.open_id = told.open_id
ORDER BY told.open_id, told.account;

-- name: identity(open_id)^
SELECT union_id, username FROM creators WHERE open_id = :open_id;

-- Rows that tell of nothing, under the identity that others are about to get.
-- name: drop_bare_posts(open_id)!
DELETE FROM posts
WHERE open_id = :open_id AND bound_post_id = '' AND removed_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.post_uid = posts.uid)
  AND NOT EXISTS (SELECT 1 FROM bindings WHERE bindings.post_uid = posts.uid);

-- name: rebind_attempts(new, old)!
UPDATE attempts SET open_id = :new, version = version + 1 WHERE open_id = :old;

-- name: rebind_posts(new, account, old)!
UPDATE posts SET open_id = :new, account = :account WHERE open_id = :old;

-- name: rebind_bindings(new, old)!
UPDATE bindings SET open_id = :new WHERE open_id = :old;

-- name: rebind_hosted(new, old)!
UPDATE hosted SET open_id = :new WHERE open_id = :old;

-- name: rebind_videos(new, old)!
UPDATE videos SET open_id = :new
WHERE open_id = :old
  AND NOT EXISTS (SELECT 1 FROM videos AS other WHERE other.open_id = :new AND other.post_id = videos.post_id);

-- name: creators()
SELECT * FROM creators ORDER BY seen_at;

-- name: save_video(open_id, post_id, created_at, caption, title, duration, url, seen_at)*!
INSERT INTO videos (open_id, post_id, created_at, caption, title, duration, url, seen_at, gone_at)
VALUES (:open_id, :post_id, :created_at, :caption, :title, :duration, :url, :seen_at, NULL)
ON CONFLICT (open_id, post_id) DO UPDATE SET caption = excluded.caption, title = excluded.title,
    duration = excluded.duration, url = excluded.url, seen_at = excluded.seen_at, gone_at = NULL;

-- name: videos_gone(now, open_id, since)!
UPDATE videos SET gone_at = :now
WHERE open_id = :open_id AND gone_at IS NULL AND created_at >= :since AND seen_at < :now;

-- name: videos(open_id)
SELECT videos.open_id, videos.post_id, created_at, caption, title, duration, url, seen_at,
    CASE WHEN told.visible = 0 AND told.at > seen_at THEN COALESCE(gone_at, told.at)
         WHEN told.visible = 1 AND told.at > gone_at THEN NULL
         ELSE gone_at END AS gone_at
FROM videos LEFT JOIN told_visibility AS told ON told.open_id = videos.open_id AND told.post_id = videos.post_id
WHERE videos.open_id = :open_id ORDER BY created_at DESC;

-- name: listed_ids(open_id)
SELECT videos.post_id
FROM videos LEFT JOIN told_visibility AS told ON told.open_id = videos.open_id AND told.post_id = videos.post_id
WHERE videos.open_id = :open_id AND
    CASE WHEN told.visible = 0 AND told.at > seen_at THEN COALESCE(gone_at, told.at)
         WHEN told.visible = 1 AND told.at > gone_at THEN NULL
         ELSE gone_at END IS NULL;

-- name: videos_unbound_or_gone(open_id)
SELECT videos.open_id, videos.post_id, created_at, caption, title, duration, url, seen_at,
    CASE WHEN told.visible = 0 AND told.at > seen_at THEN COALESCE(gone_at, told.at)
         WHEN told.visible = 1 AND told.at > gone_at THEN NULL
         ELSE gone_at END AS gone_at
FROM videos LEFT JOIN told_visibility AS told ON told.open_id = videos.open_id AND told.post_id = videos.post_id
WHERE videos.open_id = :open_id AND (gone_at IS NOT NULL OR told.visible = 0
    OR NOT EXISTS (SELECT 1 FROM bindings WHERE bindings.open_id = videos.open_id
        AND bindings.post_id = videos.post_id))
ORDER BY created_at DESC;

-- name: save_figures(open_id, post_id, at, views, likes, comments, shares)*!
INSERT INTO figures (open_id, post_id, at, views, likes, comments, shares)
VALUES (:open_id, :post_id, :at, :views, :likes, :comments, :shares)
ON CONFLICT (open_id, post_id, at) DO UPDATE SET views = excluded.views, likes = excluded.likes,
    comments = excluded.comments, shares = excluded.shares;

-- Keeps the last figures of a video in each span of time before `until`.
-- name: thin_figures(open_id, post_id, until, span)*!
DELETE FROM figures
WHERE open_id = :open_id AND post_id = :post_id AND at < :until AND EXISTS (
    SELECT 1 FROM figures AS later
    WHERE later.open_id = figures.open_id AND later.post_id = figures.post_id
      AND later.at > figures.at AND later.at / :span = figures.at / :span);

-- name: figures(open_id)
SELECT * FROM figures WHERE open_id = :open_id ORDER BY at;

-- name: rebind_figures(new, old)!
UPDATE figures SET open_id = :new
WHERE open_id = :old AND NOT EXISTS (
    SELECT 1 FROM figures AS other
    WHERE other.open_id = :new AND other.post_id = figures.post_id AND other.at = figures.at);

-- name: show_entry(open_id, name, starts_at, digest, changed_at)!
INSERT INTO calendar_entries (open_id, name, starts_at, digest, sequence, changed_at)
VALUES (:open_id, :name, :starts_at, :digest, 0, :changed_at)
ON CONFLICT (open_id, name) DO UPDATE SET
    sequence = calendar_entries.sequence + CASE WHEN calendar_entries.starts_at <> excluded.starts_at THEN 1 ELSE 0 END,
    starts_at = excluded.starts_at, digest = excluded.digest, changed_at = excluded.changed_at
WHERE calendar_entries.starts_at <> excluded.starts_at OR calendar_entries.digest <> excluded.digest;

-- name: put_entry(open_id, name, starts_at, digest, sequence, changed_at)!
INSERT INTO calendar_entries (open_id, name, starts_at, digest, sequence, changed_at)
VALUES (:open_id, :name, :starts_at, :digest, :sequence, :changed_at)
ON CONFLICT (open_id, name) DO UPDATE SET
    sequence = excluded.sequence, starts_at = excluded.starts_at, digest = excluded.digest,
    changed_at = excluded.changed_at
WHERE calendar_entries.sequence < excluded.sequence
    OR (calendar_entries.sequence = excluded.sequence AND calendar_entries.changed_at < excluded.changed_at);

-- name: all_entries()
SELECT * FROM calendar_entries;

-- name: entries(open_id)
SELECT * FROM calendar_entries WHERE open_id = :open_id;

-- name: told_gone(open_id)
SELECT post_id, at FROM told_visibility AS told
WHERE open_id = :open_id AND visible = 0
  AND NOT EXISTS (SELECT 1 FROM videos WHERE videos.open_id = :open_id AND videos.post_id = told.post_id);

-- name: save_list(open_id, read_at, complete_at)!
INSERT INTO video_lists (open_id, read_at, complete_at) VALUES (:open_id, :read_at, :complete_at)
ON CONFLICT (open_id) DO UPDATE SET read_at = excluded.read_at,
    complete_at = COALESCE(excluded.complete_at, video_lists.complete_at);

-- name: list_read(open_id)^
SELECT * FROM video_lists WHERE open_id = :open_id;

-- A call that lies a window ahead was recorded before the clock was set back.
-- name: drop_calls(scope, endpoint, until, after)!
DELETE FROM calls WHERE scope = :scope AND endpoint = :endpoint AND (at <= :until OR at >= :after);

-- name: calls(scope, endpoint, since)
SELECT at FROM calls WHERE scope = :scope AND endpoint = :endpoint AND at > :since ORDER BY at;

-- name: add_call(scope, endpoint, at)!
INSERT INTO calls (scope, endpoint, at) VALUES (:scope, :endpoint, :at);

-- name: use_plan(digest, used_at, run_id)!
INSERT INTO plans (digest, used_at, run_id) VALUES (:digest, :used_at, :run_id) ON CONFLICT (digest) DO NOTHING;

-- name: plan_use(digest)^
SELECT * FROM plans WHERE digest = :digest;

-- name: see_edit(uid, media)!
UPDATE posts SET edited_media = TRIM(edited_media || ' ' || :media) WHERE uid = :uid;

-- name: acknowledge(uid, digest)!
UPDATE posts SET acked_digest = :digest WHERE uid = :uid;

-- name: remove_post(uid, removed_at)!
UPDATE posts SET removed_at = :removed_at
WHERE uid = :uid AND removed_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.post_uid = posts.uid
                  AND attempts.phase IN ('intent', 'uploading', 'processing', 'unknown'));

-- name: restore_post(uid, open_id, name, account, generation, media_digest, bound_post_id, removed_at)!
INSERT INTO posts (uid, open_id, name, account, generation, media_digest, bound_post_id, removed_at)
VALUES (:uid, :open_id, :name, :account, :generation, :media_digest, :bound_post_id, :removed_at)
ON CONFLICT (open_id, name) DO NOTHING;

-- name: add_event(digest, received_at, signed_at, happened_at, event, open_id, publish_id, body, late, state, outcome)!
INSERT INTO webhook_events (digest, received_at, signed_at, happened_at, event, open_id, publish_id, body, late, state,
    outcome, due_at)
VALUES (:digest, :received_at, :signed_at, :happened_at, :event, :open_id, :publish_id, :body, :late, :state, :outcome,
    :received_at)
ON CONFLICT (digest) DO NOTHING;

-- name: deliver_again(digest)!
UPDATE webhook_events SET deliveries = deliveries + 1 WHERE digest = :digest;

-- name: events_due(now, most)
SELECT * FROM webhook_events WHERE state = 'waiting' AND due_at <= :now ORDER BY happened_at, digest LIMIT :most;

-- name: next_event_due()^
SELECT MIN(due_at) AS due_at FROM webhook_events WHERE state = 'waiting';

-- name: settle_event(state, outcome, due_at, tries, digest)!
UPDATE webhook_events SET state = :state, outcome = :outcome, due_at = :due_at, tries = :tries + 1
WHERE digest = :digest AND tries = :tries AND state = 'waiting';

-- name: forget_events(before)!
DELETE FROM webhook_events WHERE state <> 'waiting' AND received_at < :before;

-- name: webhook_events()
SELECT * FROM webhook_events ORDER BY received_at, digest;

-- name: attempt_of_publish_id(open_id, publish_id)
SELECT * FROM attempts WHERE publish_id = :publish_id AND :open_id IN ('', open_id);

-- name: tell_visibility(open_id, post_id, at, visible)!
INSERT INTO told_visibility (open_id, post_id, at, visible) VALUES (:open_id, :post_id, :at, :visible)
ON CONFLICT (open_id, post_id) DO UPDATE SET at = excluded.at, visible = excluded.visible
WHERE excluded.at > told_visibility.at OR (excluded.at = told_visibility.at AND excluded.visible < told_visibility.visible);

-- name: remove_access(open_id, removed_at, reason, token_sha256)!
INSERT INTO removed_access (open_id, removed_at, reason, token_sha256)
VALUES (:open_id, :removed_at, :reason, :token_sha256)
ON CONFLICT (open_id) DO UPDATE SET removed_at = excluded.removed_at, reason = excluded.reason,
    token_sha256 = excluded.token_sha256
WHERE excluded.removed_at > removed_access.removed_at
   OR (excluded.removed_at = removed_access.removed_at AND excluded.reason > removed_access.reason);

-- name: removed_access(open_id)^
SELECT * FROM removed_access WHERE open_id = :open_id;

-- name: begin_hosting(place, name, size, post, open_id, begun_at)!
INSERT INTO hosted (place, name, size, post, open_id, begun_at, uploaded_at)
VALUES (:place, :name, :size, :post, :open_id, :begun_at, NULL)
ON CONFLICT (place, name) DO UPDATE SET size = excluded.size, post = excluded.post, open_id = excluded.open_id,
    begun_at = excluded.begun_at, uploaded_at = NULL;

-- name: end_hosting(place, name, uploaded_at)!
UPDATE hosted SET uploaded_at = :uploaded_at WHERE place = :place AND name = :name;

-- name: hosted_object(place, name)^
SELECT * FROM hosted WHERE place = :place AND name = :name;

-- name: hosted_objects()
SELECT * FROM hosted ORDER BY begun_at, place, name;

-- name: drop_hosted(place, name)!
DELETE FROM hosted WHERE place = :place AND name = :name;

-- What follows makes the local copy of a shared state what the shared state tells.
-- name: drop_bindings(post_uid)!
DELETE FROM bindings WHERE post_uid = :post_uid;

-- name: drop_attempts(post_uid)!
DELETE FROM attempts WHERE post_uid = :post_uid;

-- name: drop_post(uid)!
DELETE FROM posts WHERE uid = :uid;

-- name: free_slot(open_id, slot_at)!
UPDATE posts SET slot_at = NULL, slot_rule = '' WHERE open_id = :open_id AND slot_at = :slot_at;

-- name: put_post(uid, open_id, name, account, generation, media_digest, bound_post_id, removed_at, slot_at, slot_rule, acked_digest, edited_media, public_at)!
INSERT INTO posts (uid, open_id, name, account, generation, media_digest, bound_post_id, removed_at, slot_at,
    slot_rule, acked_digest, edited_media, public_at)
VALUES (:uid, :open_id, :name, :account, :generation, :media_digest, :bound_post_id, :removed_at, :slot_at,
    :slot_rule, :acked_digest, :edited_media, :public_at);

-- name: put_attempt(id, post_uid, open_id, generation, phase, mode, pulls, digest, media_digest, sha256, size, created_at, updated_at, run_id, plan_digest, sent, caption, privacy, duration, init_sent_at, publish_id, upload_url, upload_expires_at, chunk_size, chunk_count, sent_bytes, last_put_at, finished_at, post_id, problem_code, problem_what, log_id, retry, not_before, number, version, tiktok_opened_at, wire_bytes, wire_sha256, machine)!
INSERT INTO attempts (id, post_uid, open_id, generation, phase, mode, pulls, digest, media_digest, sha256,
    size, created_at, updated_at, run_id, plan_digest, sent, caption, privacy, duration, init_sent_at,
    publish_id, upload_url, upload_expires_at, chunk_size, chunk_count, sent_bytes, last_put_at, finished_at,
    post_id, problem_code, problem_what, log_id, retry, not_before, number, version, tiktok_opened_at,
    wire_bytes, wire_sha256, machine)
VALUES (:id, :post_uid, :open_id, :generation, :phase, :mode, :pulls, :digest, :media_digest, :sha256, :size,
    :created_at, :updated_at, :run_id, :plan_digest, :sent, :caption, :privacy, :duration, :init_sent_at,
    :publish_id, :upload_url, :upload_expires_at, :chunk_size, :chunk_count, :sent_bytes, :last_put_at,
    :finished_at, :post_id, :problem_code, :problem_what, :log_id, :retry, :not_before, :number, :version,
    :tiktok_opened_at, :wire_bytes, :wire_sha256, :machine);

-- name: approvals()
SELECT * FROM approvals ORDER BY account, name, generation;

-- name: approvals_of(open_id, name)
SELECT * FROM approvals WHERE open_id = :open_id AND name = :name ORDER BY generation;

-- name: end_approval(open_id, name, generation, used_by, revoked_at)!
UPDATE approvals SET used_by = :used_by, revoked_at = :revoked_at
WHERE open_id = :open_id AND name = :name AND generation = :generation;

-- name: approval(open_id, name, generation)^
SELECT * FROM approvals WHERE open_id = :open_id AND name = :name AND generation = :generation;

-- A new yes takes the place of an old one, whatever became of that.
-- name: save_approval(open_id, name, generation, account, digest, parts, who, how, at)!
INSERT INTO approvals (open_id, name, generation, account, digest, parts, who, how, at)
VALUES (:open_id, :name, :generation, :account, :digest, :parts, :who, :how, :at)
ON CONFLICT (open_id, name, generation) DO UPDATE SET account = excluded.account, digest = excluded.digest,
    parts = excluded.parts, who = excluded.who, how = excluded.how, at = excluded.at, used_by = '', revoked_at = NULL;

-- name: revoke_approval(open_id, name, generation, revoked_at)!
UPDATE approvals SET revoked_at = :revoked_at
WHERE open_id = :open_id AND name = :name AND generation = :generation AND revoked_at IS NULL;

-- name: use_approval(open_id, name, generation, used_by)!
UPDATE approvals SET used_by = :used_by WHERE open_id = :open_id AND name = :name AND generation = :generation;

-- Asked for the posts about whose attempts TikTok may know more: those under way, and those of the last days.
-- name: unfinished_or_since(open_id, since)
SELECT DISTINCT post_uid FROM attempts
WHERE open_id = :open_id AND (phase IN ('intent', 'uploading', 'processing', 'unknown')
    OR created_at >= :since OR updated_at >= :since OR finished_at >= :since)
ORDER BY post_uid;

-- name: changed_since(since)
SELECT DISTINCT post_uid FROM attempts WHERE updated_at >= :since ORDER BY post_uid;

-- name: add_recipient(name, since)!
INSERT INTO recipients (name, since) VALUES (:name, :since) ON CONFLICT (name) DO NOTHING;

-- name: recipient(name)^
SELECT * FROM recipients WHERE name = :name;

-- name: recipient_fails(name, at)!
UPDATE recipients SET failing_since = :at WHERE name = :name AND failing_since IS NULL;

-- name: recipient_answers(name)!
UPDATE recipients SET failing_since = NULL WHERE name = :name AND failing_since IS NOT NULL;

-- name: add_notice(key, recipient, made_at, body)!
INSERT INTO notices (key, recipient, made_at, body, due_at, state)
VALUES (:key, :recipient, :made_at, :body, :made_at, 'waiting')
ON CONFLICT (key, recipient) DO UPDATE SET body = excluded.body WHERE notices.state = 'waiting' AND notices.body = '';

-- name: count_waiting(recipient)^
SELECT COUNT(*) AS count FROM notices WHERE recipient = :recipient AND state = 'waiting' AND body <> '';

-- name: waiting_notices(recipient, now)
SELECT * FROM notices WHERE recipient = :recipient AND state = 'waiting' AND body <> '' AND due_at <= :now
ORDER BY made_at, key;

-- name: claim_notice(key, recipient, was, until, claimed_by)!
UPDATE notices SET due_at = :until, tries = tries + 1, claimed_by = :claimed_by
WHERE key = :key AND recipient = :recipient AND state = 'waiting' AND due_at = :was;

-- name: end_notice(key, recipient, state)!
UPDATE notices SET state = :state, body = '', claimed_by = ''
WHERE key = :key AND recipient = :recipient AND state = 'waiting';

-- name: put_off_notice(key, recipient, due_at)!
UPDATE notices SET due_at = :due_at, claimed_by = ''
WHERE key = :key AND recipient = :recipient AND state = 'waiting';

-- name: notice(key, recipient)^
SELECT * FROM notices WHERE key = :key AND recipient = :recipient;

-- name: put_notice(key, recipient, made_at, due_at, state, claimed_by)!
INSERT INTO notices (key, recipient, made_at, due_at, state, claimed_by)
VALUES (:key, :recipient, :made_at, :due_at, :state, :claimed_by)
ON CONFLICT (key, recipient) DO UPDATE SET
    made_at = excluded.made_at,
    due_at = excluded.due_at,
    state = excluded.state,
    claimed_by = excluded.claimed_by,
    body = CASE excluded.state WHEN 'waiting' THEN notices.body ELSE '' END;

-- name: shared_notices(start, end)
SELECT * FROM notices
WHERE made_at >= :start AND made_at < :end AND (state = 'told' OR claimed_by <> '')
ORDER BY recipient, key;

-- name: notices_before(moment)
SELECT DISTINCT made_at FROM notices WHERE state = 'told' AND made_at < :moment;

-- name: drop_notices_before(moment)!
DELETE FROM notices WHERE state = 'told' AND made_at < :moment;

-- name: renew_notice(key, recipient, made_at, before)!
UPDATE notices SET made_at = :made_at
WHERE key = :key AND recipient = :recipient AND state = 'told' AND made_at < :before;

-- name: lower_since(name, since)!
UPDATE recipients SET since = :since WHERE name = :name AND since > :since;
