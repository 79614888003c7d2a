"""What is drawn: graphs as SVG, and curves, maps and censuses on Matplotlib axes."""
