"""The bundled Yuzhou sample: facts, the scripts that draw it, and demo data."""
