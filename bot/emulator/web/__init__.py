"""The rehearsal room: the page and the endpoints it uses."""
