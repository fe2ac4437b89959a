"""The report as one HTML file that works offline: tables by a template, charts by Vega-Lite."""
