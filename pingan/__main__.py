"""``python -m pingan``."""

from pingan.cli import app

app()
