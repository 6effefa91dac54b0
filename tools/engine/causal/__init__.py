"""What patching, attribution and path patching are computed with; the tools only present it."""
