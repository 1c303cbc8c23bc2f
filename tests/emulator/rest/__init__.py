"""Tests of REST resources whose rules have no module of their own: servers, roles, members."""
