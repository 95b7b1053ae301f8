"""With whose hands: the shapes of steps are run over shards. No trade is known here."""
