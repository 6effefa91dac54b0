"""Speed, measured interleaved in one process."""
