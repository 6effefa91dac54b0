"""A report as terminal text, markdown, JSON, SARIF or one HTML page."""
