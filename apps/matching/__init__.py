"""Matching: finds who could swap with whom, as pairs, in rings, and for a whole region at once.

Market: who offers which copies and wants which cards. Ring: members of whom each gives to the
next; a pair is a ring of two. Matching round: one search for the best rings of all who joined it.
"""
