"""Alert conditions in the languages of others, translated into rules: scans of StockCharts and scripts in Pine."""
