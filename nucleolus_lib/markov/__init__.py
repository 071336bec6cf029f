"""The dynamic theory of the paper's Section 3, exact, on worlds small enough to enumerate."""
