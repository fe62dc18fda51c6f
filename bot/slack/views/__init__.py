"""Results to Block Kit, pure: nothing is sent, looked up or decided here."""
