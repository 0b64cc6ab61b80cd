"""Elevators: e-bikes kept out of lifts, and people got out of them."""
