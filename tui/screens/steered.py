"""SteeredScreen: the keys with which a run is steered, on every screen of one: paused, stopped, gone on with, now or
in its turn."""

from __future__ import annotations

from textual.message import Message

from tui.dialogs.dialogs import Question
from tui.live.queue import Waiting, waits
from tui.screens.following import RunScreen


class SteeredScreen(RunScreen):
    """A screen of its own has the keys for it."""

    class Watch(Message):
        """Show the run that trains."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        state = self._state
        steering = self._live and self._trainer.phase == "running"
        match action:
            case "pause":
                return steering and state != "paused"
            case "unpause":
                return steering and state == "paused"
            case "stop":
                return steering or (self._live and state == "loading")
            case "checkpoint" | "learning_rate" | "one_epoch":
                return steering
            case "resume":
                resumable = state in ("stopped", "failed", "interrupted")
                return resumable and self._run_dir is not None and "/" not in self._run_dir.run_id  # no trial
            case "export":
                return self._run_dir is not None
            case "watch":
                return self._trainer.busy and not self._live
            case _:
                return True

    def action_pause(self) -> None:
        self._trainer.pause()

    def action_unpause(self) -> None:
        self._trainer.unpause()

    def action_stop(self) -> None:
        """After a question, where another one would begin then."""
        following, number = self._trainer.queue.first, self._trainer.number
        if following is None:
            self._trainer.stop()
            return

        def stop(yes: bool | None) -> None:
            if yes and self._trainer.number == number:  # else it has ended meanwhile
                self._trainer.stop()

        words = f"Stop {self._trainer.title} with a checkpoint?\n{following.title} begins then. Q: what waits"
        self.app.push_screen(Question(words), stop)

    def action_checkpoint(self) -> None:
        self._trainer.checkpoint()
        self._say("Checkpoint requested")

    def action_resume(self) -> None:
        self._resume()

    def _resume(self, *settings: tuple[str, str]) -> None:
        """A new session, in which `settings` hold."""
        if self._run_dir is None:
            return
        run_id = self._run_dir.run_id
        if self._trainer.queue.resumes(run_id):
            self._say(f"{run_id} waits already")
        elif self._trainer.begin(Waiting(run_id, run_id=run_id, settings=settings)):
            self._live, self._problem, self._number = True, "", self._trainer.number
            self.refresh_bindings()
        else:
            self._say(waits(run_id, self._trainer.queue))

    def action_watch(self) -> None:
        """The run that trains, in the place of this one."""
        self.post_message(self.Watch())
