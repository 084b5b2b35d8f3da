"""A filter as text: parsed, never evaluated; asked of rows of any kind; completed, and told where it is wrong."""
