"""A simulated year of prompts, checked by the rules of prompts."""
