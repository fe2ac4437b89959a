"""The forms of a comparison's results: JSON with its schema, CSV, Markdown, and one HTML file that needs no other file."""
