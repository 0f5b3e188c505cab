"""Lists: files that say what is wanted, in the formats of those who write them."""
