"""One loader a file format: bytes or a path in, a `Document` out."""
