"""Scenes: what residents and staff come for. None knows another; each declares its rules."""
