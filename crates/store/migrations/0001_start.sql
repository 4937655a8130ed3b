-- Portable to SQLite and PostgreSQL: BIGINT and TEXT only (sqlx's Any driver), flags are 0 or 1, times unix milliseconds,
-- lists and small structures JSON. Every statement ends with a semicolon at the end of its line.

CREATE TABLE directory (
    id      BIGINT PRIMARY KEY,
    version BIGINT NOT NULL
);
INSERT INTO directory (id, version) VALUES (1, 0);

CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    last BIGINT NOT NULL
);
INSERT INTO counters (name, last) VALUES ('customers', 0);
INSERT INTO counters (name, last) VALUES ('operators', 100);
INSERT INTO counters (name, last) VALUES ('trunks', 0);
INSERT INTO counters (name, last) VALUES ('users', 0);
INSERT INTO counters (name, last) VALUES ('audit', 0);

CREATE TABLE settings (
    id   BIGINT PRIMARY KEY,
    json TEXT NOT NULL
);

CREATE TABLE customers (
    id           BIGINT PRIMARY KEY,
    code         TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    reading      TEXT NOT NULL,
    greeting     TEXT NOT NULL,
    manual       TEXT NOT NULL,
    needs        TEXT NOT NULL,
    plan         TEXT NOT NULL,
    ring_seconds BIGINT NOT NULL,
    priority     BIGINT NOT NULL,
    transfer     TEXT NOT NULL,
    targets      TEXT NOT NULL,
    whisper      BIGINT NOT NULL,
    active       BIGINT NOT NULL,
    -- code, name and reading, folded (width, kana, case), for LIKE
    search       TEXT NOT NULL
);

CREATE TABLE dids (
    number   TEXT PRIMARY KEY,
    customer BIGINT NOT NULL REFERENCES customers (id),
    place    BIGINT NOT NULL
);
CREATE INDEX dids_customer ON dids (customer, place);

CREATE TABLE operators (
    id                BIGINT PRIMARY KEY,
    login             TEXT NOT NULL UNIQUE,
    name              TEXT NOT NULL,
    skills            TEXT NOT NULL,
    wrap_up_seconds   BIGINT NOT NULL,
    ready_on_register BIGINT NOT NULL,
    digest            TEXT NOT NULL,
    -- H(login:realm:password): the password itself is stored nowhere
    realm             TEXT NOT NULL,
    ha1_md5           TEXT NOT NULL,
    ha1_sha256        TEXT NOT NULL,
    active            BIGINT NOT NULL
);

CREATE TABLE trunks (
    id       BIGINT PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    json     TEXT NOT NULL,
    -- in the clear: a digest answer to an unknown realm needs it; never in lists, logs or exports
    password TEXT NOT NULL,
    active   BIGINT NOT NULL
);

CREATE TABLE calls (
    -- acd::CallId as a number: sorts by time
    id              BIGINT PRIMARY KEY,
    revision        BIGINT NOT NULL,
    state           TEXT NOT NULL,
    customer        BIGINT,
    customer_name   TEXT NOT NULL,
    did             TEXT NOT NULL,
    diverted_from   TEXT NOT NULL,
    caller          TEXT NOT NULL,
    -- digits from the last to the first, so that "ends with" is a range of an index
    caller_reversed TEXT NOT NULL,
    withheld        TEXT NOT NULL,
    trunk           BIGINT,
    operator        BIGINT,
    operator_name   TEXT NOT NULL,
    arrived_ms      BIGINT NOT NULL,
    ringing_ms      BIGINT,
    answered_ms     BIGINT,
    bridged_ms      BIGINT,
    ended_ms        BIGINT,
    talk_ms         BIGINT NOT NULL,
    wait_ms         BIGINT NOT NULL,
    ending          TEXT NOT NULL,
    no_recording    TEXT NOT NULL,
    recording_stem  TEXT NOT NULL,
    -- customer's and operator's name, folded
    search          TEXT NOT NULL,
    -- 1: over, and its recording is there or known not to come. The rest is looked at when the process starts.
    settled         BIGINT NOT NULL
);
CREATE INDEX calls_arrived ON calls (arrived_ms, id);
CREATE INDEX calls_customer ON calls (customer, arrived_ms, id);
CREATE INDEX calls_operator ON calls (operator, arrived_ms, id);
CREATE INDEX calls_did ON calls (did, arrived_ms, id);
CREATE INDEX calls_caller ON calls (caller_reversed);
CREATE INDEX calls_unsettled ON calls (id) WHERE settled = 0;
CREATE INDEX calls_stem ON calls (recording_stem);

CREATE TABLE legs (
    call        BIGINT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    place       BIGINT NOT NULL,
    role        TEXT NOT NULL,
    party       TEXT NOT NULL,
    sip_call_id TEXT NOT NULL,
    started_ms  BIGINT NOT NULL,
    answered_ms BIGINT,
    ended_ms    BIGINT,
    status      BIGINT NOT NULL,
    ending      TEXT NOT NULL,
    statistics  TEXT,
    PRIMARY KEY (call, place)
);
CREATE INDEX legs_sip_call_id ON legs (sip_call_id);

CREATE TABLE events (
    call      BIGINT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    place     BIGINT NOT NULL,
    offset_ms BIGINT NOT NULL,
    kind      TEXT NOT NULL,
    detail    TEXT NOT NULL,
    PRIMARY KEY (call, place)
);

CREATE TABLE recordings (
    call    BIGINT PRIMARY KEY REFERENCES calls (id) ON DELETE CASCADE,
    path    TEXT NOT NULL,
    samples BIGINT NOT NULL,
    sha256  TEXT NOT NULL,
    bytes   BIGINT NOT NULL,
    gaps    TEXT NOT NULL
);

CREATE TABLE users (
    id          BIGINT PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    hash        TEXT NOT NULL,
    role        TEXT NOT NULL,
    operator_id BIGINT REFERENCES operators (id),
    active      BIGINT NOT NULL
);

CREATE TABLE sessions (
    -- SHA-256 of the token: whoever reads this table cannot log in with it
    token_hash TEXT PRIMARY KEY,
    user_id    BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_ms BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expires ON sessions (expires_ms);

CREATE TABLE audit (
    id     BIGINT PRIMARY KEY,
    at_ms  BIGINT NOT NULL,
    who    TEXT NOT NULL,
    what   TEXT NOT NULL,
    about  TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_about ON audit (about, id);
