"""Views as terminal text, SVG and HTML, and results as a language model reads them.

`tools.view` is the face of this package.
"""
