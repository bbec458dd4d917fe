"""The demo: the sandbox GitLab and the bot together, for a newcomer to play with and for tests to drive."""
