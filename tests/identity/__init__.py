"""Tests of identity: members, their sessions, their tokens."""
