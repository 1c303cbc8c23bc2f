"""What members find and read: ``/search``, ``/book``, ``/new`` and the list of threads."""
