"""Which days are working days: what legal deadlines and rosters count by."""
