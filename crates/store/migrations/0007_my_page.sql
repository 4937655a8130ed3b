-- My page: the people of a client firm, what they have dealt with, and the reports that they say are wrong.

INSERT INTO counters (name, last) VALUES ('members', 0);
INSERT INTO counters (name, last) VALUES ('disputes', 0);

-- Apart from users: no session of a firm's can ever be taken for one of the house's, nor the other way round (F55).
CREATE TABLE members (
    id       BIGINT PRIMARY KEY,
    customer BIGINT NOT NULL REFERENCES customers (id),
    login    TEXT NOT NULL UNIQUE,
    name     TEXT NOT NULL,
    hash     TEXT NOT NULL,
    -- owner, member, reader
    role     TEXT NOT NULL,
    active   BIGINT NOT NULL
);
CREATE INDEX members_customer ON members (customer, id);

CREATE TABLE member_sessions (
    token_hash TEXT PRIMARY KEY,
    member     BIGINT NOT NULL REFERENCES members (id),
    expires_ms BIGINT NOT NULL
);
CREATE INDEX member_sessions_member ON member_sessions (member);
CREATE INDEX member_sessions_expires ON member_sessions (expires_ms);

-- 対応済 and who does it (F59). No row: nobody has touched it.
CREATE TABLE handlings (
    report     TEXT PRIMARY KEY REFERENCES reports (id),
    -- a member; NULL: nobody
    assignee   BIGINT REFERENCES members (id),
    done_ms    BIGINT,
    done_by    TEXT NOT NULL,
    updated_ms BIGINT NOT NULL,
    updated_by TEXT NOT NULL
);

-- "That number was wrong" (F49, X04).
CREATE TABLE disputes (
    id         BIGINT PRIMARY KEY,
    report     TEXT NOT NULL REFERENCES reports (id),
    customer   BIGINT NOT NULL,
    -- who took the report
    operator   BIGINT,
    field      TEXT NOT NULL,
    words      TEXT NOT NULL,
    opened_ms  BIGINT NOT NULL,
    opened_by  TEXT NOT NULL,
    -- misheard, misspoken, mistyped, correct; empty: open
    cause      TEXT NOT NULL,
    answer     TEXT NOT NULL,
    decided_ms BIGINT,
    decided_by TEXT NOT NULL,
    -- the corrected report
    follow_up  TEXT
);
CREATE INDEX disputes_open ON disputes (opened_ms, id) WHERE decided_ms IS NULL;
CREATE INDEX disputes_report ON disputes (report);
CREATE INDEX disputes_decided ON disputes (decided_ms);
