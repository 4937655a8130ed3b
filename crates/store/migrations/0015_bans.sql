-- Sources that somebody shuts out by hand, with a reason and perhaps an end. Rows stay: who shut out whom can be looked up for ever.

INSERT INTO counters (name, last) VALUES ('shut_out', 0);

CREATE TABLE shut_out (
    id        BIGINT PRIMARY KEY,
    -- 203.0.113.0/24
    network   TEXT NOT NULL,
    reason    TEXT NOT NULL,
    -- NULL: until somebody lifts it
    until_ms  BIGINT,
    made_ms   BIGINT NOT NULL,
    made_by   TEXT NOT NULL,
    lifted_ms BIGINT,
    lifted_by TEXT NOT NULL
);
