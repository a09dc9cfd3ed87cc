"""Routes: the addresses of ALERT_URLS, each with the service of apprise that sends to it."""
