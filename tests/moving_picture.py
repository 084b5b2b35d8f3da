"""The README's moving picture: nntui opens, an experiment is trained, its decision regions take shape. Made by
`make screenshots` from the real app: a frame is what the screen shows at that moment."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from PIL import Image
from textual.pilot import Pilot

from core.experiment import resolve
from tui.app import NntuiApp
from tui.live.trainer import Trainer
from tui.screens.start.screen import StartScreen

SIZE = (100, 30)
WIDTH = 900
"""Pixels."""
STEP, HOLD = 250, 2000
"""Milliseconds that a frame is seen; those that are to be read."""
COLOURS = 128

MOONS = (
    *(("name", "two-moons"), ("dataset.name", "moons"), ("dataset.samples", "600"), ("dataset.noise", "0.2")),
    *(("model.hidden", "32,32"), ("model.activation", "tanh"), ("batch_size", "16"), ("epochs", "400")),
    *(("optimizer.lr", "0.0006"), ("evaluate.when", "epoch"), ("log", "plain")),
)


class Film:
    """Frames of an app, written as a GIF."""

    def __init__(self, app: NntuiApp, still: Callable[[NntuiApp], str]) -> None:
        """`still`: the screen as SVG."""
        self._app, self._still = app, still
        self._frames: list[tuple[Image.Image, int]] = []

    def take(self, milliseconds: int = STEP) -> None:
        with tempfile.TemporaryDirectory() as folder:
            svg, png = Path(folder) / "frame.svg", Path(folder) / "frame.png"
            svg.write_text(self._still(self._app), encoding="utf-8")
            subprocess.run(["rsvg-convert", "-w", str(WIDTH), "-o", png, svg], check=True)
            picture = Image.open(png).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        self._frames.append((picture, milliseconds))

    def write(self, path: Path) -> None:
        first, *others = [picture for picture, _time in self._frames]
        times = [time for _picture, time in self._frames]
        first.save(path, save_all=True, append_images=others, duration=times, loop=0, optimize=True)
        print(path, f"{path.stat().st_size / 1e6:.1f} MB")


async def film(
    path: Path,
    models: Path,
    still: Callable[[NntuiApp], str],
    wait_for: Callable[[Pilot[int], Callable[[], bool]], Awaitable[None]],
) -> None:
    trainer = Trainer(models)
    app = NntuiApp(trainer)
    taken = Film(app, still)
    async with app.run_test(size=SIZE) as pilot:
        await wait_for(pilot, lambda: isinstance(app.screen, StartScreen))
        await wait_for(pilot, lambda: "core.sessions.network" in sys.modules)  # PyTorch loads behind the paint
        await pilot.pause(2)
        taken.take(HOLD)
        app.post_message(StartScreen.Train(resolve.load("iris-net", list(MOONS))))
        await wait_for(pilot, lambda: trainer.phase == "running")
        while trainer.phase == "running":
            await pilot.pause(STEP / 1000)
            taken.take()
        await pilot.pause(1)
        taken.take(2 * HOLD)
    taken.write(path)
