"""Parts that every driver needs to write a command."""

from uuid import UUID

from linli.sensing.drivers.contracts import CommandToSend, Reason, Unsendable
from linli.sensing.drivers.reading import shown

LARGEST_NUMBER = 0x7FFFFFFF


def check_command(command: CommandToSend) -> None:
    """Make sure the kind has this command and its parameters fit.

    Raises:
        Unsendable: it has not, or they do not.
    """
    told = command.kind.commands.get(command.command)
    if told is None:
        words = f"{command.kind.title}没有指令 {shown(command.command)}"
        raise Unsendable(Reason.UNKNOWN_COMMAND, words)
    problem = told.problem(command.params)
    if problem:
        raise Unsendable(Reason.OUT_OF_RANGE, problem)


def no_such_command(command: CommandToSend) -> Unsendable:
    """The refusal for a command that the kind has but the maker's protocol has not."""
    told = command.kind.commands[command.command]
    return Unsendable(Reason.UNKNOWN_COMMAND, f"这种接入方式不支持“{told.title}”")


def running_number(command: CommandToSend) -> int:
    """A number for protocols that count requests: the last 31 bits of the command's id.

    Raises:
        Unsendable: the id is no UUID.
    """
    try:
        return UUID(command.id).int & LARGEST_NUMBER
    except ValueError as error:
        raise Unsendable(Reason.MISSING_PART, "指令编号不是 UUID") from error


def topic_level(name: str) -> str:
    """The name, when it can stand in an MQTT topic.

    Raises:
        Unsendable: it holds a wildcard or a NUL, or is empty.
    """
    if not name or any(sign in name for sign in "+#\x00"):
        raise Unsendable(Reason.UNKNOWN_CHILD, f"编号 {shown(name)} 不能写进主题")
    return name
