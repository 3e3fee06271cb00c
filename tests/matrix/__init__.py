"""Who may do what: every route asked by every kind of person."""
