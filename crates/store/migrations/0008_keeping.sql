-- How long things are kept, what is held back from the purge, and the proof of what was purged (F54, F56).

INSERT INTO counters (name, last) VALUES ('holds', 0);
INSERT INTO counters (name, last) VALUES ('purges', 0);

-- customer 0: the house's own, for every firm that has none. No row: six calendar months in Japan.
CREATE TABLE retentions (
    customer   BIGINT PRIMARY KEY,
    days       BIGINT NOT NULL,
    changed_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL
);

-- One of call, report and customer is set. Nothing that an open hold is about is purged.
CREATE TABLE holds (
    id       BIGINT PRIMARY KEY,
    call     BIGINT,
    report   TEXT,
    customer BIGINT,
    why      TEXT NOT NULL,
    held_ms  BIGINT NOT NULL,
    held_by  TEXT NOT NULL,
    ended_ms BIGINT,
    ended_by TEXT NOT NULL
);
CREATE INDEX holds_open ON holds (held_ms) WHERE ended_ms IS NULL;

-- What was purged, each with the hash of the one before it. items: which calls, recordings (SHA-256) and reports (SHA-256 of what they
-- said); nothing of what they said.
CREATE TABLE purges (
    id         BIGINT PRIMARY KEY,
    at_ms      BIGINT NOT NULL,
    who        TEXT NOT NULL,
    calls      BIGINT NOT NULL,
    reports    BIGINT NOT NULL,
    recordings BIGINT NOT NULL,
    bytes      BIGINT NOT NULL,
    items      TEXT NOT NULL,
    previous   TEXT NOT NULL,
    hash       TEXT NOT NULL
);

-- Recordings that are in no table any more, until their files are gone: a process that dies in between goes on with them.
CREATE TABLE purged_files (
    path  TEXT PRIMARY KEY,
    purge BIGINT NOT NULL
);

-- What is left of a purged one counts in figures and bills, and says nothing of anybody.
ALTER TABLE calls ADD COLUMN purged_ms BIGINT;
ALTER TABLE reports ADD COLUMN purged_ms BIGINT;
CREATE INDEX calls_unpurged ON calls (arrived_ms, id) WHERE purged_ms IS NULL;
CREATE INDEX reports_unpurged ON reports (created_ms, id) WHERE purged_ms IS NULL;
CREATE INDEX disputes_customer_open ON disputes (report) WHERE decided_ms IS NULL;
-- What goes with a report or a call, and what keeps it, is found without reading whole tables.
CREATE INDEX tasks_call ON tasks (call);
CREATE INDEX digests_digest ON digests (digest);
CREATE INDEX deliveries_recipient ON deliveries (customer, recipient, place);
CREATE INDEX audit_at ON audit (at_ms, id);
