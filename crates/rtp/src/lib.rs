//! RTP (RFC 3550): packets, RTCP, G.711, telephone-event, DTMF, tones, and the recording's timeline.
