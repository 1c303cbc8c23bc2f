"""The truth test: after random plays with outages, the archive equals the emulator's world."""
