//! Tests of the publish screen with canned answers.
