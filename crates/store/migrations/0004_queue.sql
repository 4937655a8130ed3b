-- How a firm's calls are queued: a widening plan's steps, the team that answers, what a waiting caller gets, when the firm is open,
-- and what becomes of callers who hang up before anyone answers. '{}' is all defaults.
ALTER TABLE customers ADD COLUMN steps TEXT NOT NULL DEFAULT '[]';
ALTER TABLE customers ADD COLUMN team TEXT NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN waiting TEXT NOT NULL DEFAULT '{}';
ALTER TABLE customers ADD COLUMN calendar TEXT NOT NULL DEFAULT '{}';
ALTER TABLE customers ADD COLUMN abandoned TEXT NOT NULL DEFAULT '"report"';

-- Whom an operator is among: operator, supervisor, manager; teams; the place in a top-down plan, 0 first; how long an unfinished
-- report may extend the wrap-up.
ALTER TABLE operators ADD COLUMN tier TEXT NOT NULL DEFAULT 'operator';
ALTER TABLE operators ADD COLUMN teams TEXT NOT NULL DEFAULT '[]';
ALTER TABLE operators ADD COLUMN rank BIGINT NOT NULL DEFAULT 0;
ALTER TABLE operators ADD COLUMN wrap_up_max_seconds BIGINT NOT NULL DEFAULT 180;

-- Firms that an operator knows: preferred for their calls, not required.
CREATE TABLE known_customers (
    operator BIGINT NOT NULL REFERENCES operators (id),
    customer BIGINT NOT NULL REFERENCES customers (id),
    PRIMARY KEY (operator, customer)
);

-- When an announcement began for a caller who waited: no answer, though the line was taken.
ALTER TABLE calls ADD COLUMN announced_ms BIGINT;
