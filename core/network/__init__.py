"""Networks made, described and used."""
