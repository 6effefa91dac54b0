"""Literature search over arXiv, Semantic Scholar and OpenAlex, merged; nothing is invented."""
