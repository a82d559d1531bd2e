"""What needs torch: running emitted source."""
