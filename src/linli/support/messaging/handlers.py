"""What messaging does by itself."""

from datetime import timedelta

from linli.kernel.reactions import every
from linli.support.messaging.service import forget_old

CHORES = (every(timedelta(hours=6), "messaging.forget_old")(forget_old),)
