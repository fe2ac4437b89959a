"""What a comparison is told as: JSON with its schema, CSV, Markdown, and one HTML file that needs nothing else."""
