"""The experiments that come with nntui: one TOML file each, in the format that `nntui run FILE` reads."""
