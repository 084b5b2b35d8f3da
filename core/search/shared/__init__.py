"""A search over several processes and machines, by way of a database."""
