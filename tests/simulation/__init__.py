"""Whole lives of partners, played twice from one seed: once in peace, once with GitLab, network and bot breaking."""
