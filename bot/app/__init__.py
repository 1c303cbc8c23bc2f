"""The running process: client, supervisor, watchdog, health, logging, daily backup."""
