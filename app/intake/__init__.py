"""GitLab's deliveries: prove who sent them, read which partner they hint at, keep them, acknowledge at once."""
