"""Tables of forecasts: the forecasts and their scores, searches for ARIMA models, deployments of trained models."""
