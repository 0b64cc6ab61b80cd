"""The two knobs of a falling-object camera and what they mean inside."""

from dataclasses import dataclass

MIDDLE = 50


@dataclass(frozen=True, slots=True)
class Settings:
    """`sensitivity` and `confidence`, 0 to 100, 50 as delivered.

    More sensitivity finds fainter things and costs more; more confidence reports less: a fall is
    reported when its own confidence reaches the setting.
    """

    sensitivity: int = MIDDLE
    confidence: int = MIDDLE

    @property
    def strictness(self) -> float:
        """What thresholds are multiplied with: 1 as delivered, 0.5 at most sensitivity."""
        return 2.0 ** ((MIDDLE - self.sensitivity) / MIDDLE)

    @property
    def least_confidence(self) -> float:
        """The confidence from which a fall is reported."""
        return self.confidence / 100
