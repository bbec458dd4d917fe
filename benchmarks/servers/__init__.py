"""What the load generator is pointed at: our service, and its peers with an empty handler. Each is a process."""
