"""The screens of nntui and its command line. Training lives in `core`."""
