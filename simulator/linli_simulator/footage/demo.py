"""The films the demo's cameras show: `python -m linli_simulator.footage.demo FOLDER`.

Each film is long and mostly quiet, so that a camera which repeats it does not tell the same story
every minute: once something falls, the rest is the same wall with nothing but noise. The quiet part
is made once and its packets are repeated.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import av
from av.video.stream import VideoStream

from linli_simulator.footage.film import film
from linli_simulator.footage.scene import Distraction, Weather, Wish, made
from linli_simulator.footage.walls import Light

SECONDS = 24.0
QUIET_BEFORE = 1
MINUTES = 15
BITRATE = 1_200_000
SIZE = (1280, 720)
NICE = 10


@dataclass(frozen=True, slots=True)
class DemoFilm:
    """A film by name: the seed of its scene, and what happens in it."""

    name: str
    seed: int
    falls: int
    distractions: tuple[Distraction, ...] = ()


FILMS = (
    # Eighteen storeys, four columns; something falls from the twelfth, second from the left.
    DemoFilm("yg-3-south", 203, 1),
    DemoFilm("yg-gate", 31, 0, (Distraction.TREES, Distraction.BIRDS)),
)


def wish_of(one: DemoFilm, falls: int) -> Wish:
    """The scene of a film; without its falls it is the same wall."""
    return Wish(
        seed=one.seed,
        seconds=SECONDS,
        falls=falls,
        light=Light.DAY,
        weather=Weather.CLEAR,
        distractions=one.distractions,
        bitrate=BITRATE,
        size_px=(10.0, 16.0),
        contrast=(55.0, 90.0),
        size=SIZE,
    )


def write(one: DemoFilm, folder: Path) -> None:
    """Write the film; it appears whole or not at all."""
    quiet = BytesIO()
    film(made(wish_of(one, 0)), quiet)
    parts = [quiet]
    if one.falls:
        parts *= round(MINUTES * 60 / SECONDS)
        eventful = BytesIO()
        truth = film(made(wish_of(one, one.falls)), eventful)
        truth.save(folder / f"{one.name}.json")
        parts[QUIET_BEFORE] = eventful
    being_made = folder / f"{one.name}.part"
    joined(parts, being_made)
    being_made.replace(folder / f"{one.name}.mp4")


def joined(parts: Sequence[BytesIO], target: Path) -> None:
    """One film of several that were encoded alike, packet by packet."""
    with av.open(str(target), "w", format="mp4") as out:
        stream: VideoStream | None = None
        shift = 0
        for part in parts:
            part.seek(0)
            with av.open(part, "r", format="mp4") as film_in:
                source = film_in.streams.video[0]
                if stream is None:
                    stream = out.add_stream_from_template(source)  # pyright: ignore[reportUnknownMemberType]  # PyAV's stub leaves a part open
                end = shift
                for packet in film_in.demux(source):
                    if packet.dts is None or packet.pts is None:
                        continue
                    packet.pts += shift
                    packet.dts += shift
                    end = max(end, packet.pts + (packet.duration or 0))
                    packet.stream = stream
                    out.mux(packet)  # pyright: ignore[reportUnknownMemberType]  # as above
                shift = end


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what is not there yet."""
    parser = argparse.ArgumentParser(prog="linli_simulator.footage.demo", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    os.nice(NICE)
    for one in FILMS:
        if not (folder / f"{one.name}.mp4").exists():
            write(one, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
