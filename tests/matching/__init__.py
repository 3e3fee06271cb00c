"""Tests of matching: pairs, rings and rounds."""
