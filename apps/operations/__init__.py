"""Operations: what operators do to, and ask of, an installation as a whole."""
