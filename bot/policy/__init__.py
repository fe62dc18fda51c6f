"""NetworkPolicy: presets, reachability, preview, apply and roll-back."""
