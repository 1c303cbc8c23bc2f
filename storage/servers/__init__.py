"""Rows of servers: settings, audit log, diagnostics."""
