-- The supervisor's desk: numbers found by digits in their middle, clips for disputes, quality samples, wall screens.

INSERT INTO counters (name, last) VALUES ('displays', 0);
INSERT INTO counters (name, last) VALUES ('samples', 0);

-- With the numbers in it, half a year is looked through for a few digits without reading the rows.
DROP INDEX reports_created;
CREATE INDEX reports_created ON reports (created_ms, id, callback_reversed, caller_reversed);
DROP INDEX calls_arrived;
CREATE INDEX calls_arrived ON calls (arrived_ms, id, caller_reversed);

-- The seconds of a recording that a corrected report brings along (X04): the listening links of its deliveries open these alone.
CREATE TABLE clips (
    report     TEXT PRIMARY KEY REFERENCES reports (id),
    dispute    BIGINT NOT NULL REFERENCES disputes (id),
    call       BIGINT NOT NULL,
    -- on the recording's clock
    from_ms    BIGINT NOT NULL,
    until_ms   BIGINT NOT NULL,
    made_ms    BIGINT NOT NULL,
    made_by    TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    revoked_ms BIGINT,
    revoked_by TEXT NOT NULL
);
CREATE INDEX clips_dispute ON clips (dispute);

-- Calls drawn for listening to (F62), and the score that they got.
CREATE TABLE samples (
    id        BIGINT PRIMARY KEY,
    call      BIGINT NOT NULL UNIQUE,
    operator  BIGINT NOT NULL,
    report    TEXT,
    -- the Monday with which its week begins in Japan: 2026-11-16
    week      TEXT NOT NULL,
    -- what the draw began with: who knows it draws the same calls
    seed      TEXT NOT NULL,
    -- why it weighed more: new_operator, long_call, urgent, disputed; of one chosen by hand, the chooser's reason
    why       TEXT NOT NULL,
    by_hand   BIGINT NOT NULL,
    drawn_ms  BIGINT NOT NULL,
    drawn_by  TEXT NOT NULL,
    -- the sheet: JSON; NULL: nobody has listened yet
    sheet     TEXT,
    percent   BIGINT,
    scored_ms BIGINT,
    scored_by TEXT NOT NULL,
    -- the operator has seen it
    read_ms   BIGINT
);
CREATE INDEX samples_operator ON samples (operator, drawn_ms);
CREATE INDEX samples_week ON samples (week, id);

-- What a call is scored by: one row of JSON.
CREATE TABLE quality (
    id   BIGINT PRIMARY KEY,
    json TEXT NOT NULL
);

-- Screens on a wall: each shows the board by a link of its own, which ends when somebody revokes it.
CREATE TABLE displays (
    id         BIGINT PRIMARY KEY,
    name       TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    made_ms    BIGINT NOT NULL,
    made_by    TEXT NOT NULL,
    seen_ms    BIGINT,
    revoked_ms BIGINT,
    revoked_by TEXT NOT NULL
);
