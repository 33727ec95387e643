"""One clock for all that is in a video: it begins at 0 and goes on.

A recording may begin anywhere: a transport stream at the hour at which its sender was switched on.
Where recordings are joined, the clock of the second one begins anew. Both would be waiting times in
another file, or everything at once. So each packet gets the time at which it is played, before it
is decoded; pictures and sound, which are read apart, are placed alike.

What leads in before the pictures (an encoder's warm-up, up to a few hundredths of a second) stays
below 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition

_MICROSECONDS = 1_000_000
_MAY_LEAP = 0x200  # AVFMT_TS_DISCONT: formats in which a leap in time is no pause
_LEAP_S = 10  # FFmpeg's own limits, `dts_delta_threshold` and a tenth of a second
_BACK_S = Fraction(1, 10)


class VideoClock:
    """Reads a container's packets, once, and sets their times.

    Args:
        container: Just opened.

    Attributes:
        begin: Where the container's own clock begins, in seconds; 0 if it does not say so.
    """

    def __init__(self, container: InputContainer) -> None:
        self._container = container
        self._may_leap = bool(container.format.flags & _MAY_LEAP)
        said = container.start_time
        pictures = [
            stream.start_time * stream.time_base
            for stream in container.streams.video
            if stream.start_time is not None
            and stream.time_base is not None
            and not stream.disposition & Disposition.attached_pic
        ]
        self._is_known = said is not None
        self.begin = min([max(Fraction(said or 0, _MICROSECONDS), Fraction(0)), *pictures])
        self._shifts = [-self.begin]  # one for each of the recordings that were joined
        self._recording: dict[int, int] = {}  # in which one a track is
        self._before: dict[int, Fraction] = {}  # the last time of each track, as the file says it
        self._end = Fraction(0)

    @property
    def is_joined(self) -> bool:
        """Whether there was more than one recording so far; then no length in the file is right."""
        return len(self._shifts) > 1

    def packets(self) -> Iterator[Packet[Any]]:
        """Give the packets of all tracks in the file's order.

        Raises:
            av.FFmpegError: The file cannot be read any further.
        """
        for packet in self._container.demux():
            if packet.stream.type in ("video", "audio"):
                self._set(packet)
            yield packet

    def _set(self, packet: Packet[Any]) -> None:
        """Replace a packet's times."""
        said = packet.dts if packet.dts is not None else packet.pts
        if said is None:
            return
        base = Fraction(packet.time_base)
        if not self._is_known:  # a live stream, which began long ago
            self.begin, self._is_known = said * base, True
            self._shifts = [-self.begin]
        shown = packet.pts if packet.pts is not None else said
        ticks = round(self._shift(packet, said * base, shown * base) / base)
        if packet.dts is not None:
            packet.dts += ticks
        if packet.pts is not None:
            packet.pts += ticks
        self._end = max(self._end, (shown + ticks + (packet.duration or 0)) * base)

    def _shift(self, packet: Packet[Any], now: Fraction, shown: Fraction) -> Fraction:
        """Give what is to be added to the times of a packet, decoded `now` and `shown` then.

        Tracks come to the second recording one after another: the first to come there says where
        it begins, which is where all of what was there before ends.
        """
        track, newest = packet.stream_index, len(self._shifts) - 1
        recording = self._recording.setdefault(track, newest)
        if packet.dts is not None:  # the times of pictures go to and fro by themselves
            before = self._before.get(track, now)
            self._before[track] = now
            if now < before - _BACK_S or (self._may_leap and now > before + _LEAP_S):
                if recording == newest:
                    self._shifts.append(self._end - shown)
                self._recording[track] = recording = len(self._shifts) - 1
        return self._shifts[recording]
