"""Charging: e-bikes that charge without burning."""
