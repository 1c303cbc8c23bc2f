"""Message catalogs: extract sentences, update and check translations (``scripts/catalogs``)."""
