"""What is chosen by name: models, losses, optimizers, schedules, metrics. From one signature come keys, checks, form
and help; no torch until one is built."""
