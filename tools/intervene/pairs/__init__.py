"""Pairs of prompts that differ in what decides the answer: built by name, or read from a file."""
