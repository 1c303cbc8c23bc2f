"""What Discord sees of Salon: commands and events, each a thin layer over the core."""
