"""What is said of several runs together: compared, gated, ranked, followed over time."""
