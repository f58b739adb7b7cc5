//! Tests of the SQL screen with canned answers.
