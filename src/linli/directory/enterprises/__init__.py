"""Enterprises: shops, firms and offices that work in an estate, and whom to call there."""
