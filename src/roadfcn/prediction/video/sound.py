"""The sound of a video, taken along into another file.

It is copied as it is where MP4 players know its coding, and coded anew as AAC where they do not.
What can be neither is left out, and told: the pictures are what was asked for.

The video is opened a second time for it, so that nothing has to be kept in memory until the
pictures that go with it are ready. The clock that sets their times sets those of the sound.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from roadfcn.errors import VideoFileError
from roadfcn.prediction.video.clock import VideoClock
from roadfcn.prediction.video.opening import open_video
from roadfcn.prediction.video.streams import reason_of

_KNOWN_TO_PLAYERS = ("aac", "mp3", "ac3", "eac3", "opus", "flac", "alac")
"""What MP4 files hold that common players play. The format allows more, such as Vorbis."""

_GAP_S = 0.05  # by so much times may differ without meaning anything

_log = logging.getLogger(__name__)


class VideoSound:
    """All sound tracks of a video. Use it as: make it, `add_to`, `write_until` often, `close`.

    Args:
        path: The video.

    Attributes:
        problem: Why its sound, or the rest of it, is missing; None if it is not.
    """

    def __init__(self, path: Path) -> None:
        self.problem: VideoFileError | None = None
        self._path = path
        self._source = open_video(path)
        self._tracks: dict[int, AudioStream] = {}
        self._copied: set[int] = set()
        self._ended: set[int] = set()
        self._positions: dict[int, int] = {}  # of each track, in its own units
        self._packets: Iterator[Packet[Any]] = iter(())
        self._next: Packet[Any] | None = None

    def add_to(self, output: OutputContainer) -> None:
        """Make its tracks in a new video, before anything is written there."""
        for track in self._source.streams.audio:
            try:
                self._add(track, output)
            except (av.FFmpegError, ValueError) as problem:
                self._fail(problem)
        if self._tracks:
            self._packets = self._heard()
            self._advance()

    def _add(self, track: AudioStream, output: OutputContainer) -> None:
        """Make one track, copied if it can be, else coded anew."""
        if track.codec_context is None:
            raise ValueError("nothing here knows its coding")
        if track.codec_context.codec.canonical_name in _KNOWN_TO_PLAYERS:
            try:
                self._tracks[track.index] = _tried(
                    output, lambda file: file.add_stream_from_template(track)
                )
            except (av.FFmpegError, ValueError) as problem:
                _log.debug("track %d of %s is not copied: %s", track.index, self._path, problem)
            else:
                self._copied.add(track.index)
                return
        rate = _rate_for_aac(track.rate)
        self._tracks[track.index] = _tried(output, lambda file: file.add_stream("aac", rate=rate))

    def write_until(self, output: OutputContainer, end: Fraction | None) -> None:
        """Write all sound that begins before `end`, in seconds; None: the rest of it."""
        while (packet := self._next) is not None:
            time = packet.dts if packet.dts is not None else packet.pts
            if time is None or (end is not None and time * packet.time_base >= end):
                return
            self._write(output, packet)
            self._advance()

    def finish(self, output: OutputContainer, end: Fraction | None) -> None:
        """Write what begins before `end` (None: all), and what encoders have kept back."""
        self.write_until(output, end)
        for index in self._tracks.keys() - self._copied - self._ended:
            try:
                self._encode(output, index, [None])
            except ValueError as problem:  # a track without any sound
                _log.debug("%s: %s", self._path, problem)

    def close(self) -> None:
        """Let the video go."""
        self._source.close()

    def _heard(self) -> Iterator[Packet[Any]]:
        """Give the packets of its tracks. The clock has to see the others too."""
        for packet in VideoClock(self._source).packets():
            if packet.stream_index in self._tracks:
                yield packet

    def _goes_on(self, packet: Packet[Any]) -> bool:
        """Tell whether a packet is later than the one before it on its track.

        Where recordings are joined, some hundredths of a second may be there twice.
        """
        if packet.dts is None:
            return True
        before = self._positions.get(packet.stream_index, packet.dts - 1)
        self._positions[packet.stream_index] = max(before, packet.dts)
        return packet.dts > before

    def _advance(self) -> None:
        """Go to the next packet; damaged sound ends here."""
        self._next = None
        try:
            packet = next(self._packets, None)
            # Without any time it is the note that a track has ended; the others may go on.
            while packet is not None and packet.dts is None and packet.pts is None:
                packet = next(self._packets, None)
            self._next = packet
        except av.FFmpegError as problem:
            self._fail(problem)

    def _write(self, output: OutputContainer, packet: Packet[Any]) -> None:
        """Write a packet; a track that does not take it ends there, and the others go on."""
        index = packet.stream_index
        if index in self._ended:
            return
        try:
            if index in self._copied:
                if not self._goes_on(packet):
                    return
                packet.stream = self._tracks[index]
                output.mux_one(packet)
            else:
                heard: list[Any] = packet.decode()
                self._encode(output, index, heard)
        except (av.FFmpegError, ValueError) as problem:
            if isinstance(problem, OSError):
                raise  # of the disk
            self._ended.add(index)
            self._fail(problem)

    def _encode(
        self, output: OutputContainer, index: int, frames: Sequence[AudioFrame | None]
    ) -> None:
        for frame in frames:
            if frame is not None:
                self._place(frame, index)
            output.mux(self._tracks[index].encode(frame))

    def _place(self, frame: AudioFrame, index: int) -> None:
        """Give a frame its time in samples: the units of some files are coarser than a frame.

        Frames follow each other without gaps, but where the file says that there is one.
        """
        rate = frame.sample_rate
        follows = self._positions.get(index)
        place = follows or 0
        if frame.pts is not None and frame.time_base is not None:
            said = round(frame.pts * frame.time_base * rate)
            if follows is None or said > follows + rate * _GAP_S:
                place = said
        frame.pts, frame.time_base = place, Fraction(1, rate)
        self._positions[index] = place + frame.samples

    def _fail(self, problem: Exception) -> None:
        self.problem = VideoFileError(
            f"the sound of {self._path} is not whole: {reason_of(problem)}",
            allowed="a video with sound that can be read",
            do="the pictures are there; for its sound, convert the video to MP4 and repeat this",
        )


def _tried(output: OutputContainer, add: Callable[[OutputContainer], AudioStream]) -> AudioStream:
    """Make a track in an empty file, and then in `output`, from which none can be taken away."""
    with av.open(io.BytesIO(), "w", format="mp4") as empty:
        add(empty)
        empty.start_encoding()
    return add(output)


def _rate_for_aac(rate: int) -> int:
    """Give the rate, or the next one above it that AAC knows, or the highest of all."""
    known = sorted(av.codec.Codec("aac", "w").audio_rates or [rate])
    return next((one for one in known if one >= rate), known[-1])
