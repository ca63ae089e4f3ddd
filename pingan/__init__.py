"""The command line: doors only, each a few lines over etl, data or dashboard."""
