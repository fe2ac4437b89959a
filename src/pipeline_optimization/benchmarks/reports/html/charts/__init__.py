"""The charts as Vega-Lite specifications: data and meaning here, colours in the theme."""
