"""``/setup`` and ``/doctor``: a server's settings and checks."""
