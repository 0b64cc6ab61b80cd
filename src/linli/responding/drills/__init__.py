"""Drills: a scene played in a training estate, handled as if it were real, and scored."""
