//! The report (受電報告): fields and forms, rules of who gets it, rendering, and the ladder of one that nobody reads. Pure.
