"""Forecasts on the page: the fan on the chart, the forecast card, and forecasts compared with the actual closes. Pure.

No advice. Each horizon has its own champion, the model that is shown. If it has no forecast for a close, "no change" is
shown.
"""
