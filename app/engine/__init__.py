"""Durable work: the store, the queue, the loop that runs one reconcile at a time per partner, and the clock's part."""
