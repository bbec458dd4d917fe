"""Messages to people outside GitLab: kept in the outbox first, then sent by channel, each at least once."""
