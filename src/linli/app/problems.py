"""What can be wrong with an installation, said so that its operator can put it right."""


class Problem(Exception):
    """A fault of the installation (not of the program): what is wrong, and what to do.

    Every text exists in Chinese and in English; `str(problem)` shows both.
    """

    def __init__(
        self, chinese: str, english: str, *, remedy_chinese: str, remedy_english: str
    ) -> None:
        super().__init__(chinese, english)
        self.chinese = chinese
        self.english = english
        self.remedy_chinese = remedy_chinese
        self.remedy_english = remedy_english

    def __str__(self) -> str:
        return (
            f"{self.chinese} / {self.english}\n"
            f"  怎么办：{self.remedy_chinese}\n"
            f"  What to do: {self.remedy_english}"
        )
