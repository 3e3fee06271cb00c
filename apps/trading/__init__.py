"""Trading: members agree to swap copies, meet, and confirm that each received theirs.

Trade: an agreement of its parties. Leg: what one party hands to another. Revision: one version of
the terms; who wrote it is its author, and consents by sending it.
"""
