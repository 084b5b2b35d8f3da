"""Streams meet folders: a run is begun, resumed, recorded and saved."""
