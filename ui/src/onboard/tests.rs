//! Tests of the onboard screen with canned answers.
