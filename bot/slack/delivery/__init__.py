"""Messages out: threads, rate limits, updates in place, nothing twice."""
