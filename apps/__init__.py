"""KCardSwap: one package per bounded context, and the entries that start them."""
