"""The commands of `partner-journey`, one module per noun. `app/cli.py` puts them under their names."""
