"""The charts as Vega-Lite specifications. They have data and meaning, and the theme has the colours."""
