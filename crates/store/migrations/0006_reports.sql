-- The report (受電報告), from the draft that comes with an answered call to the delivery that a firm has seen.

INSERT INTO counters (name, last) VALUES ('deliveries', 0);
INSERT INTO counters (name, last) VALUES ('notes', 0);
INSERT INTO counters (name, last) VALUES ('reconciliations', 0);
INSERT INTO counters (name, last) VALUES ('schedules', 0);
INSERT INTO counters (name, last) VALUES ('tasks', 0);

-- Calls up to this one were over before reports were kept here: they have none, and the proof (F38) begins after them. A call that
-- was open at that moment gets its draft when it is closed.
CREATE TABLE reporting (
    id          BIGINT PRIMARY KEY,
    calls_after BIGINT NOT NULL
);
INSERT INTO reporting (id, calls_after) SELECT 1, COALESCE(MAX(id), 0) FROM calls WHERE state IN ('cleared', 'interrupted');

-- A firm's profile: one document. Chats' tokens are in the clear, because without them nothing could be sent; never in logs.
CREATE TABLE profiles (
    customer   BIGINT PRIMARY KEY REFERENCES customers (id),
    revision   BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    updated_by TEXT NOT NULL,
    -- of the document: 1: the firm wants no more than a notice, which goes by itself
    notice_only BIGINT NOT NULL,
    json       TEXT NOT NULL
);

-- What a firm's kinds of call are billed as, from the profile's revision on in which that changed: a recount of a month counts each
-- report as it was counted when it was sent (F60).
CREATE TABLE billing_classes (
    customer BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    classes  TEXT NOT NULL,
    PRIMARY KEY (customer, revision)
);

CREATE TABLE manuals (
    customer   BIGINT NOT NULL REFERENCES customers (id),
    version    BIGINT NOT NULL,
    from_ms    BIGINT NOT NULL,
    text       TEXT NOT NULL,
    changes    TEXT NOT NULL,
    written_ms BIGINT NOT NULL,
    written_by TEXT NOT NULL,
    PRIMARY KEY (customer, version)
);

CREATE TABLE manual_acks (
    customer BIGINT NOT NULL,
    version  BIGINT NOT NULL,
    operator BIGINT NOT NULL,
    at_ms    BIGINT NOT NULL,
    PRIMARY KEY (customer, version, operator)
);
CREATE INDEX manual_acks_operator ON manual_acks (operator, customer, version);

-- One-off and standing instructions (F23). until_ms NULL: until somebody ends it.
CREATE TABLE notes (
    id         BIGINT PRIMARY KEY,
    customer   BIGINT NOT NULL REFERENCES customers (id),
    from_ms    BIGINT NOT NULL,
    until_ms   BIGINT,
    text       TEXT NOT NULL,
    -- which calls it is about
    about      TEXT NOT NULL,
    written_ms BIGINT NOT NULL,
    written_by TEXT NOT NULL
);
CREATE INDEX notes_customer ON notes (customer, until_ms);

-- Where a firm's people are (F20).
CREATE TABLE schedules (
    id         BIGINT PRIMARY KEY,
    customer   BIGINT NOT NULL REFERENCES customers (id),
    person     TEXT NOT NULL,
    from_ms    BIGINT NOT NULL,
    until_ms   BIGINT NOT NULL,
    away       TEXT NOT NULL,
    note       TEXT NOT NULL,
    updated_ms BIGINT NOT NULL,
    updated_by TEXT NOT NULL
);
CREATE INDEX schedules_customer ON schedules (customer, until_ms);

-- No reference to calls: the desk's first edit may come before the journal has saved the call.
CREATE TABLE reports (
    id                TEXT PRIMARY KEY,
    call              BIGINT UNIQUE,
    -- answered, message_box, abandoned, follow_up, digest, manual
    origin            TEXT NOT NULL,
    customer          BIGINT,
    customer_name     TEXT NOT NULL,
    -- E.164 digits; reversed, so that "ends with" is a range of an index
    caller            TEXT NOT NULL,
    caller_reversed   TEXT NOT NULL,
    callback_reversed TEXT NOT NULL,
    -- draft, sent, waived
    state             TEXT NOT NULL,
    revision          BIGINT NOT NULL,
    kind              TEXT NOT NULL,
    urgency           TEXT NOT NULL,
    desired           TEXT NOT NULL,
    person            TEXT NOT NULL,
    operator          BIGINT,
    operator_name     TEXT NOT NULL,
    -- whoever writes it now; empty: nobody
    lock_login        TEXT NOT NULL,
    lock_name         TEXT NOT NULL,
    lock_until_ms     BIGINT NOT NULL,
    created_ms        BIGINT NOT NULL,
    updated_ms        BIGINT NOT NULL,
    sent_ms           BIGINT,
    seen_ms           BIGINT,
    sent_by           TEXT NOT NULL,
    -- the operator who sent or waived it, if it was one
    sender            BIGINT,
    draft             TEXT NOT NULL,
    follows           TEXT,
    waiver            TEXT NOT NULL,
    -- send, digest, suppress, notice_only; empty: not sent yet
    policy            TEXT NOT NULL,
    -- billing class; empty: not counted
    class             TEXT NOT NULL,
    -- the firm's profile when it was sent
    profile_revision  BIGINT,
    -- everything that was written, folded
    search            TEXT NOT NULL
);
CREATE INDEX reports_customer ON reports (customer, created_ms, id);
CREATE INDEX reports_created ON reports (created_ms, id);
CREATE INDEX reports_caller ON reports (caller_reversed, customer);
CREATE INDEX reports_callback ON reports (callback_reversed, customer);
CREATE INDEX reports_follows ON reports (follows);
CREATE INDEX reports_drafts ON reports (created_ms, id) WHERE state = 'draft';

CREATE TABLE report_edits (
    report    TEXT NOT NULL REFERENCES reports (id),
    place     BIGINT NOT NULL,
    revision  BIGINT NOT NULL,
    at_ms     BIGINT NOT NULL,
    -- milliseconds since the recording began (X01)
    offset_ms BIGINT,
    who       TEXT NOT NULL,
    key       TEXT NOT NULL,
    -- JSON; NULL: made blank
    value     TEXT,
    PRIMARY KEY (report, place)
);

-- One row per report and recipient: the outbox. Its id is the idempotency key, the same at every attempt. is_open 1: waiting,
-- leased, retry; 0: accepted, dead, bounced, withdrawn. Whatever has to find work looks at open rows or at rooms, and so does not
-- slow down with the millions that are delivered.
CREATE TABLE deliveries (
    id             TEXT PRIMARY KEY,
    report         TEXT NOT NULL REFERENCES reports (id),
    recipient      TEXT NOT NULL,
    -- 0: as sent. Others: by a ladder, as a fallback, once more by hand
    round          BIGINT NOT NULL,
    -- global order
    place          BIGINT NOT NULL UNIQUE,
    customer       BIGINT,
    channel        TEXT NOT NULL,
    target         TEXT NOT NULL,
    room           TEXT NOT NULL,
    content        TEXT NOT NULL,
    reason         TEXT NOT NULL,
    urgent         BIGINT NOT NULL,
    state          TEXT NOT NULL,
    is_open        BIGINT NOT NULL,
    attempts       BIGINT NOT NULL,
    created_ms     BIGINT NOT NULL,
    first_ms       BIGINT,
    next_ms        BIGINT NOT NULL,
    lease_until_ms BIGINT,
    -- the attempt that was under way to another room when the address was corrected: its outcome is not the new address's
    moved_attempt  BIGINT,
    late_due_ms    BIGINT NOT NULL,
    late_ms        BIGINT,
    accepted_ms    BIGINT,
    remote_id      TEXT NOT NULL,
    bounced_ms     BIGINT,
    seen_ms        BIGINT,
    -- SHA-256 of the confirmation link's token, by which it is found; the link itself is in content, as it is sent
    seen_hash      TEXT UNIQUE,
    -- the link by which the recording is heard: whole until the delivery is over, its token's SHA-256 for good; and how often it was
    listen_link    TEXT,
    listen_hash    TEXT UNIQUE,
    listens        BIGINT NOT NULL,
    error          TEXT NOT NULL,
    UNIQUE (report, recipient, round)
);
CREATE INDEX deliveries_open ON deliveries (room, place) WHERE is_open = 1;
CREATE INDEX deliveries_open_place ON deliveries (place) WHERE is_open = 1;
CREATE INDEX deliveries_late ON deliveries (late_due_ms) WHERE is_open = 1 AND late_ms IS NULL;
CREATE INDEX deliveries_customer ON deliveries (customer, place);

-- One row per room with open deliveries: the one whose turn it is, and when it can be taken. As many as there are rooms, however long
-- their queues; also the lock that keeps a room's order.
CREATE TABLE rooms (
    room   TEXT PRIMARY KEY,
    head   TEXT NOT NULL,
    urgent BIGINT NOT NULL,
    due_ms BIGINT NOT NULL
);
CREATE INDEX rooms_due ON rooms (due_ms);

CREATE TABLE attempts (
    delivery  TEXT NOT NULL REFERENCES deliveries (id),
    number    BIGINT NOT NULL,
    begun_ms  BIGINT NOT NULL,
    ended_ms  BIGINT,
    -- accepted, retry, dead; empty: nobody said (it runs, or its process died)
    outcome   TEXT NOT NULL,
    detail    TEXT NOT NULL,
    PRIMARY KEY (delivery, number)
);

-- Urgent reports that wait to be seen (X05).
CREATE TABLE ladders (
    report      TEXT PRIMARY KEY REFERENCES reports (id),
    customer    BIGINT,
    -- the firm's rungs as they were at the sending
    rungs       TEXT NOT NULL,
    sent_ms     BIGINT NOT NULL,
    -- by the first recipient's server
    accepted_ms BIGINT,
    taken       BIGINT NOT NULL,
    -- the last of them
    taken_ms    BIGINT,
    -- the next rung; while somebody climbs it, the end of the lease
    due_ms      BIGINT NOT NULL,
    done_ms     BIGINT,
    -- seen, climbed
    done_why    TEXT NOT NULL
);
CREATE INDEX ladders_due ON ladders (due_ms) WHERE done_ms IS NULL;

-- Reports that go out together (F27).
CREATE TABLE digests (
    report   TEXT PRIMARY KEY REFERENCES reports (id),
    customer BIGINT NOT NULL,
    due_ms   BIGINT NOT NULL,
    -- the report that told of it
    digest   TEXT
);
CREATE INDEX digests_due ON digests (due_ms, customer) WHERE digest IS NULL;

-- What supervisors have to do. key: once per occasion.
CREATE TABLE tasks (
    id         BIGINT PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    customer   BIGINT,
    report     TEXT,
    delivery   TEXT,
    call       BIGINT,
    created_ms BIGINT NOT NULL,
    detail     TEXT NOT NULL,
    done_ms    BIGINT,
    done_by    TEXT NOT NULL,
    result     TEXT NOT NULL
);
CREATE INDEX tasks_open ON tasks (created_ms, id) WHERE done_ms IS NULL;
CREATE INDEX tasks_report ON tasks (report);

-- Reports per firm, month of the call in Japan (2026-11) and class (F60).
CREATE TABLE billing (
    customer BIGINT NOT NULL,
    month    TEXT NOT NULL,
    class    TEXT NOT NULL,
    count    BIGINT NOT NULL,
    PRIMARY KEY (customer, month, class)
);

-- Proofs that answered calls = reports + waivers (F38), each with the hash of the one before it.
CREATE TABLE reconciliations (
    id       BIGINT PRIMARY KEY,
    at_ms    BIGINT NOT NULL,
    from_ms  BIGINT NOT NULL,
    to_ms    BIGINT NOT NULL,
    proof    TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash     TEXT NOT NULL
);

-- Has this number called this firm before (F06)?
CREATE INDEX calls_customer_caller ON calls (customer, caller_reversed, id);
