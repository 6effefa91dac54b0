"""Text from a server that may hold half of a UTF-16 pair, which no file can keep."""


def mended(text: str) -> str:
    """`text` with split pairs joined and lone halves replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
