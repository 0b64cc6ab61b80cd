"""Who is on duty when: shifts, swaps between colleagues, and the hand-over at their end."""
