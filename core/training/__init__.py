"""One network learns: a lazy stream of facts that commands steer, its state, its checkpoint."""
