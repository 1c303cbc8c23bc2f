"""What members find and read: ``/search`` and ``/book``."""
