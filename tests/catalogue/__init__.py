"""Tests of the catalogue: groups, idols, releases, cards and their names."""
