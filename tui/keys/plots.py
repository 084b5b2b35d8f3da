"""The keys of plots on every screen that has some: asked of the view around them, for plots need not have the focus."""

from __future__ import annotations

from tui.keys.action import Action
from tui.keys.common import LEFT, RIGHT

WINDOW = (
    Action("plus,equals_sign", "plots('zoom', 0.5)", "Zoom in", "half as many steps, around the cursor", display="+"),
    Action("minus,underscore", "plots('zoom', 2.0)", "Zoom out", "twice as many steps", display="-"),
    Action("0", "plots('whole')", "Whole run", "all steps, and follow the newest", deed="As at first"),
    Action("comma", "plots('pan', -0.25)", "Pan left", "a quarter of the window to earlier steps", display=","),
    Action("full_stop", "plots('pan', 0.25)", "Pan right", "a quarter of the window to later steps", display="."),
    Action("f", "plots('follow')", "Follow", "keep the newest step in view, or stay here"),
)
CURSOR = (
    Action("left", "plots('cursor', -1)", "Cursor left", "values at the step before", display="←", deed=LEFT),
    Action("right", "plots('cursor', 1)", "Cursor right", "values at the next step", display="→", deed=RIGHT),
    Action("shift+left", "plots('cursor', -10)", "Cursor far left", "ten columns", display="⇧←", deed="Far left"),
    Action("shift+right", "plots('cursor', 10)", "Cursor far right", "ten columns", display="⇧→", deed="Far right"),
)
AXES = (
    Action("backspace", "plots('no_cursor')", "No cursor", "put the cursor away", display="⌫"),
    Action("x", "plots('x_unit')", "x axis", "epoch, step or time"),
    Action("X", "plots('log_x')", "Log x", "logarithmic x axis, and back", display="X"),
    Action("y", "plots('log_y')", "Log y", "logarithmic loss axis, and back"),
    Action("a", "plots('smoothing')", "Average", "of the loss curve: smoothed by 0, 0.9, 0.99, 0.999", was="m"),
)
