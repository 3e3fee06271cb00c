"""Catalogue: the groups, idols, releases and cards there are, and how they are found.

Group: a band, a duo or a unit of one. Idol: a person, in one group or several, from day to day.
Release: an album of a group. Card: one printed design, which members own copies of. Code: the
readable key by which files name any of these; members and other contexts use ids.
"""
