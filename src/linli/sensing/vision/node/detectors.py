"""What a node can look for in pictures, by duty: a new detector is one line here."""

from collections.abc import Callable, Mapping

from linli.sensing.vision.node.falls import FallWatch
from linli.sensing.vision.node.noticing import Detector, Shape
from linli.sensing.vision.plan import CameraPlan, Duty

DETECTORS: Mapping[Duty, Callable[[CameraPlan, Shape], Detector]] = {Duty.FALLING: FallWatch}
