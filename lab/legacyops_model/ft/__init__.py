"""FT systems."""
