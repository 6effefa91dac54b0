"""Deciders: playbook, random, replay, a language model."""
