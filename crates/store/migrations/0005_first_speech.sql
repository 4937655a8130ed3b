-- X11: when the operator was first heard, in the recording and on the clock.
ALTER TABLE recordings ADD COLUMN first_speech_ms BIGINT;
ALTER TABLE calls ADD COLUMN first_speech_ms BIGINT;
