"""What members use: ``/privacy`` and the menus on moved replies."""
