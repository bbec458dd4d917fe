"""The pure core: what a partner's journey is, where a partner stands, and what GitLab should look like.

No I/O, clock, randomness or logging in here. `plan.plan` is the product; everything else serves it.
"""
