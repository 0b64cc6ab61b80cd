"""The door of rosters: who is on duty."""

from linli.responding.rosters.service import add_pattern, check_in, crew, on_duty, plan_turns

__all__ = ["add_pattern", "check_in", "crew", "on_duty", "plan_turns"]
