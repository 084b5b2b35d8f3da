"""What is told and what is asked: the events of a run, the commands to it, and both as lines of JSON."""
