"""Parts of the command `chat`: input, money, turns, and prompts to paste."""
