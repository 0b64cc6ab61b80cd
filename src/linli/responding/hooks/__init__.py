"""Hooks: other systems are told of incidents, orders and alerts by signed requests."""
