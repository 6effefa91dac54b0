"""Drivers that try to score without auditing; none may do better than claiming nothing."""
