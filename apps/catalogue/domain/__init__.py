"""Groups, idols, releases and cards, their names, and their rules."""
