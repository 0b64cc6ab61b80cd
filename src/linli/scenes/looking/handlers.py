"""What is done about looking when time passes."""

from datetime import timedelta

from linli.kernel.reactions import every
from linli.scenes.looking.service import look_for_unusual

CHORES = (every(timedelta(minutes=5), "looking.look_for_unusual")(look_for_unusual),)
