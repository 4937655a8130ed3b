-- A new firm's proofs (F61), and who was identified how before it was served.

INSERT INTO counters (name, last) VALUES ('onboardings', 0);
INSERT INTO counters (name, last) VALUES ('identity_checks', 0);

-- A run of the three proofs. A further run is a row of its own: older ones stay as they were.
CREATE TABLE onboardings (
    id        BIGINT PRIMARY KEY,
    customer  BIGINT NOT NULL REFERENCES customers (id),
    begun_ms  BIGINT NOT NULL,
    begun_by  TEXT NOT NULL,
    -- the evidence: JSON; NULL: there is none yet
    route     TEXT,
    call      TEXT,
    greeting  TEXT,
    mail      TEXT,
    -- when the last of the three held; NULL: not yet
    proved_ms BIGINT,
    proved_by TEXT NOT NULL
);
CREATE INDEX onboardings_customer ON onboardings (customer, id);

-- How a firm was identified (犯罪収益移転防止法). Rows are only added; the newest is the one that holds.
CREATE TABLE identity_checks (
    id             BIGINT PRIMARY KEY,
    customer       BIGINT NOT NULL REFERENCES customers (id),
    method         TEXT NOT NULL,
    document       TEXT NOT NULL,
    reference      TEXT NOT NULL,
    representative TEXT NOT NULL,
    purpose        TEXT NOT NULL,
    -- a day in Japan: 2026-11-22
    checked_on     TEXT NOT NULL,
    note           TEXT NOT NULL,
    noted_ms       BIGINT NOT NULL,
    noted_by       TEXT NOT NULL
);
CREATE INDEX identity_checks_customer ON identity_checks (customer, id);
