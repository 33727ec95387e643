"""When each frame is shown, where a file tells only when each is decoded.

AVI has no other times. A frame that others are predicted from is decoded before those that are
shown before it, so the times that come with frames go to and fro. But decoding and showing have the
same rhythm: the frame that is shown n-th has the time of the packet that is decoded n-th.
"""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from typing import Any

from av.packet import Packet


class ShownTimes:
    """Times of packets, to be given to frames in the order in which they are shown."""

    def __init__(self) -> None:
        self._times: deque[Fraction] = deque()
        self._has_begun = False

    def take(self, packet: Packet[Any]) -> None:
        """Keep the time of a packet that is going to be decoded."""
        # Nothing can be made of those before the first that needs no other; decoders let them go.
        self._has_begun |= packet.is_keyframe
        if self._has_begun and packet.dts is not None and packet.size:
            self._times.append(packet.dts * Fraction(packet.time_base))

    def lose(self) -> None:
        """Let the last packet's time go, which could not be decoded."""
        if self._times:
            self._times.pop()

    def next(self) -> Fraction | None:
        """Give the time of the frame that is shown next; None if there were more frames."""
        return self._times.popleft() if self._times else None
