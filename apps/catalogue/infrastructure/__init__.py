"""The catalogue in SQL: rows, questions, and the index that the search reads."""
