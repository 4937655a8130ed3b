-- What firms say of reports and of whoever took them (F63).

INSERT INTO counters (name, last) VALUES ('feedback', 0);

CREATE TABLE feedback (
    id          BIGINT PRIMARY KEY,
    report      TEXT NOT NULL REFERENCES reports (id),
    customer    BIGINT NOT NULL,
    -- who took the call
    operator    BIGINT,
    -- praise, complaint, wish
    kind        TEXT NOT NULL,
    words       TEXT NOT NULL,
    said_ms     BIGINT NOT NULL,
    said_by     TEXT NOT NULL,
    -- what the firm was answered
    answer      TEXT NOT NULL,
    answered_ms BIGINT,
    answered_by TEXT NOT NULL,
    -- the operator has seen it
    read_ms     BIGINT
);
CREATE INDEX feedback_report ON feedback (report);
CREATE INDEX feedback_operator ON feedback (operator, said_ms);
