"""Side by side with peers, limits and budgets: `make bench`. One module per table; figures are ratios of one run."""
