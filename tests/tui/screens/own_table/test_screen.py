"""The table screen: what was read, what is chosen, what stands against it, and thousands of columns."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import on_screen
import pandas as pd
import pytest
from textual.pilot import Pilot

from core.experiment import resolve as config
from core.experiment.begin import experiment_on
from core.tables import survey as surveys
from core.tables.choices import Choices
from tui.app import NntuiApp
from tui.dialogs.choose import Choose
from tui.dialogs.dialogs import Prompt
from tui.screens.own_table.column_list import ColumnList
from tui.screens.own_table.rows import Outcome
from tui.screens.own_table.screen import TableScreen

SIZES = [pytest.param((60, 18), marks=pytest.mark.slow), (80, 24), pytest.param((120, 40), marks=pytest.mark.slow)]


def shown(app: NntuiApp) -> str:
    return on_screen.text(app.screen)


def state(app: NntuiApp) -> str:
    """What it says, whatever its lines are."""
    return " ".join(str(app.screen.query_one("#state").render()).split())


def facts(app: NntuiApp) -> str:
    return str(app.screen.query_one("#facts").render())


@pytest.fixture
def passengers(tmp_path: Path) -> Path:
    """Most of what is awkward: an id, missing values, dates, too many texts, a constant."""
    rng = np.random.default_rng(0)
    n = 200
    table = pd.DataFrame(
        {
            "id": np.arange(1, n + 1),
            "age": np.where(np.arange(n) % 17 == 1, np.nan, rng.integers(1, 80, n)),
            "zip": rng.integers(1, 5, n),
            "name": [f"person {i}" for i in range(n)],
            "boarded": [f"1912-04-{1 + i % 28:02}" for i in range(n)],
            "sex": rng.choice(["female", "male"], n),
            "ship": "Titanic",
            "alone": rng.choice(["yes", "no"], n),
            "survived": rng.integers(0, 2, n),
        }
    )
    path = tmp_path / "passengers.csv"
    table.to_csv(path, index=False)
    return path


async def opened(
    pilot: Pilot[int], until: Callable[..., object], path: Path, **chosen: object
) -> tuple[TableScreen, list[Outcome | None]]:
    ended: list[Outcome | None] = []
    screen = TableScreen(Choices(str(path), **chosen))  # type: ignore[arg-type]
    pilot.app.push_screen(screen, ended.append)
    await until(pilot, lambda: bool(screen.table.survey or screen.table.refusal))
    await pilot.pause()
    return screen, ended


async def settled(pilot: Pilot[int], until: Callable[..., object], screen: TableScreen) -> None:
    await pilot.pause()
    await until(pilot, lambda: not screen.table.looking)
    await pilot.pause()


async def to(pilot: Pilot[int], until: Callable[..., object], name: str) -> None:
    """The cursor to a column."""
    columns = pilot.app.screen.query_one(ColumnList)
    await pilot.press("home")
    for _ in range(100):
        if columns.column is not None and columns.column.name == name:
            return
        await pilot.press("down")
    pytest.fail(f"no column {name}")


@pytest.mark.parametrize("size", SIZES)
async def test_an_awkward_table_is_repaired_on_screen(app: NntuiApp, until, passengers: Path, size) -> None:
    async with app.run_test(size=size) as pilot:
        screen, ended = await opened(pilot, until, passengers)
        assert "200 rows × 9 columns" in shown(app)
        assert "UTF-8, commas, decimal point" in facts(app)
        assert screen.table.choices.target == "survived", "the last one, for lack of a better one"
        assert "survived  " in facts(app)
        assert "classes: its values are whole numbers, 2 different ones" in facts(app)
        assert "in 12 of 200 rows: refused; drop leaves 188, fill leaves 200" in facts(app)
        assert "✗" in shown(app)

        await pilot.press("enter")
        await pilot.pause()
        assert not ended, "it went on with columns that cannot be used"
        assert screen.query_one(ColumnList).column.name == "age", "Enter goes to what is wrong first"
        assert "column 'age' has no value in 12 rows, first in line 3; u: drop leaves 188 of 200 rows" in state(app)
        assert "u: drop leaves 188 of 200 rows" in state(app)
        await pilot.press("u")
        await settled(pilot, until, screen)
        assert "dropped, 188 left; fill leaves 200" in facts(app)
        await pilot.press("u")
        await settled(pilot, until, screen)
        assert "filled in, 200 left; drop leaves 188" in facts(app)

        await pilot.press("n")
        assert screen.query_one(ColumnList).column.name == "name"
        assert "200 different texts, such as 'person 0' in line 2" in state(app)
        assert "; Space leaves it out" in state(app)
        await pilot.press("space", "n")
        assert screen.query_one(ColumnList).column.name == "boarded"
        await settled(pilot, until, screen)
        assert "holds dates or times, such as 1912-04-01 in line 2; Space leaves it out" in state(app)
        await pilot.press("space")
        await settled(pilot, until, screen)
        assert "✗" not in shown(app)
        assert "Enter goes on" in state(app)
        assert "column 'id' counts the rows" in state(app)
        assert "holds for others; Space leaves it out" in state(app)
        assert "dataset." not in shown(app), "keys of a config are not those of the screen"

        await to(pilot, until, "zip")
        await pilot.press("number_sign", "enter")  # Enter waits for what # has changed
        await until(pilot, lambda: bool(ended))
        (outcome,) = ended
        assert outcome is not None
        assert outcome.section == {
            "name": "csv",
            "path": str(passengers),
            "target": "survived",
            "leave_out": ["name", "boarded"],
            "categories": ["zip"],
            "missing": "fill",
        }
        assert (outcome.task, outcome.rows) == ("classification", 200)
        config.resolve(experiment_on(outcome.section, outcome.task, outcome.rows))


async def test_target_and_task(app: NntuiApp, until, passengers: Path) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen, _ended = await opened(pilot, until, passengers, missing="fill")
        await to(pilot, until, "age")
        assert "(#: as categories)" in shown(app)
        await pilot.press("t")
        await settled(pilot, until, screen)
        assert "predict  age" in facts(app)
        assert "a number: its values are" in facts(app)
        await pilot.press("T")
        await settled(pilot, until, screen)
        assert "classes: as you said" in facts(app)
        await pilot.press("T")
        await settled(pilot, until, screen)
        assert "a number: as you said" in facts(app)
        await to(pilot, until, "sex")
        await pilot.press("t", "T", "T")
        await settled(pilot, until, screen)
        assert screen.table.choices.task == "regression"
        assert "column 'sex' is not numeric; T takes its values for classes" in state(app)
        await pilot.press("T")
        await settled(pilot, until, screen)
        assert "classes: its values are text, 2 different ones" in facts(app)
        await pilot.press("space")
        assert screen.table.choices.role("sex") == "target"
        await pilot.press("number_sign")
        assert not screen.table.choices.categories


async def test_choices_show_at_once_and_answers_to_older_ones_are_dropped(
    app: NntuiApp, until, passengers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the columns are being looked at again."""
    gate, asked = threading.Event(), []
    real = surveys.survey

    def slowly(choices: Choices, before: object = None) -> object:
        asked.append(choices)
        if len(asked) > 1:
            assert gate.wait(60)
        return real(choices, before)  # type: ignore[arg-type]

    monkeypatch.setattr(surveys, "survey", slowly)
    async with app.run_test(size=(80, 24)) as pilot:
        screen, ended = await opened(pilot, until, passengers, missing="fill")
        columns = screen.query_one(ColumnList)
        await pilot.press("space")
        assert columns.column.sign == "–"
        assert columns.column.doing == "…"
        await pilot.press("space", "down", "space", "t")
        assert columns.column.sign == "▶"
        assert "survived" in facts(app), "what was found stands until there is something newer"
        await pilot.press("enter")
        assert not ended
        gate.set()
        await settled(pilot, until, screen)
        await until(pilot, lambda: screen.table.survey.choices.target == "age")
        assert len(asked) == 3, "of many choices only the first and the last are looked at"
        assert not ended, "there are columns that cannot be used"
        assert columns.column.name == "name", "so Enter has gone to the first of them"


async def test_read_in_another_way(app: NntuiApp, until, tmp_path: Path) -> None:
    path = tmp_path / "설문.csv"
    path.write_text(
        "나이;성별;정답\n" + "".join(f"{20 + i},5;남;{'네' if i % 2 else '아니오'}\n" for i in range(20)), "cp949"
    )
    async with app.run_test(size=(80, 24)) as pilot:
        screen, _ended = await opened(pilot, until, path)
        assert "CP949 (Korean), semicolons, decimal comma" in facts(app)
        assert "predict  정답" in facts(app)
        assert "20.5 to 39.5" in shown(app)
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press(*"bars", "enter")
        await until(pilot, lambda: "bars (as you said)" in facts(app))
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press(*"as", "enter")
        await until(pilot, lambda: "semicolons, decimal comma" in facts(app))
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press(*"other", "enter")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press(*"klingon")
        await until(pilot, lambda: "no encoding of this name" in shown(app))
        await pilot.press("ctrl+u", *"hex")
        await until(pilot, lambda: "no encoding of text" in shown(app))
        await pilot.press("ctrl+u", *"ascii", "enter")
        await until(pilot, lambda: "✗ the file is not ascii text" in state(app))
        assert "R reads it in another way" in state(app)
        await pilot.press(
            "t", "space", "number_sign", "u", "T", "n", "v", "slash", "enter"
        )  # nothing of which is there now
        assert app.screen is screen
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press(*"cp949", "enter")
        await until(pilot, lambda: "CP949 (Korean) (as you said)" in facts(app))
        assert screen.table.choices.target == "정답", "what was chosen is still there"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "✗ the file is not a CSV file: it is empty"),
        ("a,b\n", "✗ the file has a header but no rows"),
        ("a,a\n1,2\n", "✗ the file calls two columns 'a' in line 1; give each a name of its own"),
        ("a,,b\n1,2,3\n", "column 'b' is 3 in every row: there is nothing to tell apart"),
        ("a\n1\n2\n", "only the column 'a'; columns to learn from are missing; R reads it with another separator"),
        ("a,y\n1,x\n2,x\n", "column 'y' is x in every row: there is nothing to tell apart; t predicts"),
        (
            "a,b,y\n1,1,p\nx,2,q\n3,3,p\n",
            "'x' in line 3 is none; correct it and press F5, Space leaves it",
        ),
    ],
)
async def test_files_that_cannot_be_used_say_why_and_can_be_read_again(
    app: NntuiApp, until, tmp_path: Path, content: str, words: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content)
    async with app.run_test(size=(80, 24)) as pilot:
        screen, ended = await opened(pilot, until, path)
        assert words in state(app)
        assert str(tmp_path) not in state(app), "the path stands above"
        await pilot.press("enter")
        assert not ended
        path.write_text("a,b,y\n1,1,p\n2,5,q\n3,3,p\n")
        await pilot.press("f5")
        await settled(pilot, until, screen)
        if screen.table.choices.target == "y":
            assert "Enter goes on" in state(app)
        path.unlink()
        await pilot.press("f5")
        await settled(pilot, until, screen)
        assert "✗ the file does not exist" in state(app)
        await pilot.press("escape")
        await until(pilot, lambda: bool(ended))
        assert ended[0] is not None
        assert ended[0].section is None


async def test_a_parquet_file_says_itself_how_it_is_written(app: NntuiApp, until, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "t.parquet"
    pd.DataFrame({"a": [1.5, 2.0, 3.0], "y": ["p", "q", "p"]}).to_parquet(path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen, _ended = await opened(pilot, until, path)
        assert "Parquet" in facts(app)
        await pilot.press("R")
        assert app.screen is screen


async def test_a_target_that_is_not_there_is_told_and_chosen_anew(app: NntuiApp, until, passengers: Path) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen, _ended = await opened(pilot, until, passengers, target="lost", missing="fill")
        assert "lost: there is no such column" in facts(app)
        assert "no column 'lost'" in state(app)
        await to(pilot, until, "sex")
        await pilot.press("t")
        await settled(pilot, until, screen)
        assert "predict  sex" in facts(app)


async def test_columns_are_found_and_left_out_together(app: NntuiApp, until, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    names = ["age", *(f"gene_{i}" for i in range(30)), "y"]
    rows = [",".join(str((i * (j + 1)) % 7) for j in range(len(names) - 1)) + f",{'pq'[i % 2]}" for i in range(1, 30)]
    path.write_text("\n".join([",".join(names), *rows, ""]))
    async with app.run_test(size=(80, 24)) as pilot:
        screen, ended = await opened(pilot, until, path)
        await pilot.press("slash", *"ene_1")
        await until(pilot, lambda: "11 of 32 are called like ene_1" in shown(app))
        await pilot.press("q", "t")
        assert screen.table.choices.target == "y", "letters are letters"
        assert "no column is called so" in shown(app)
        await pilot.press("backspace", "backspace", "enter", "A")
        await settled(pilot, until, screen)
        assert len(screen.table.choices.out) == 11
        await pilot.press("escape")
        assert not ended, "Escape first shows all columns again"
        assert "called like" not in shown(app)
        await pilot.press("slash", *"gene", "down", "A", "A", "A", "escape", "enter")
        await until(pilot, lambda: bool(ended))
        assert ended[0] is not None
        assert ended[0].section is not None
        assert ended[0].section["features"] == ["age"], "the shorter list"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_first_rows_follow_the_cursor(app: NntuiApp, until, passengers: Path, size) -> None:
    async with app.run_test(size=size) as pilot:
        await opened(pilot, until, passengers)
        tall = size[1] > 30
        assert ("First rows" in shown(app)) == tall
        assert ("v: rows" in shown(app)) != tall
        if not tall:
            await pilot.press("v")
        await until(pilot, lambda: "First rows" in shown(app))
        assert "person 1" in shown(app)
        assert "·" in shown(app), "a missing value"
        await pilot.press("end")
        assert "survived" in str(app.screen.query_one("#first-rows").render()).splitlines()[0]
        await pilot.press("v")
        assert "First rows" not in shown(app)


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_columns_are_text(app: NntuiApp, until, tmp_path: Path, size) -> None:
    names = [
        "[/]",
        "[@click=app.quit]x[/]",
        "a\x1b]52;c;aGk=\x07b",
        "abc\u202edef",
        "x" * 5000,
        "이름 " * 50,
        "b, c",
        "y",
    ]
    table = pd.DataFrame([[f"{name} {i % 3}" for name in names] for i in range(30)], columns=names)
    table.to_csv(tmp_path / "t.csv", index=False)
    async with app.run_test(size=size) as pilot:
        screen, ended = await opened(pilot, until, tmp_path / "t.csv")
        for _ in names:
            await pilot.press("v", "down", "right", "left")
            assert all(char == "\n" or char.isprintable() for char in shown(app))
            assert "\u202e" not in shown(app)
        await pilot.press("home", "space", "enter")
        await until(pilot, lambda: bool(ended))
        assert ended[0] is not None
        assert ended[0].section is not None
        assert ended[0].section["leave_out"] == ["[/]"]
        assert screen.table.choices.target == "y"


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """5,000 columns of numbers, and a class."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(100, 5000)).round(4), columns=[f"gene_{i:04}" for i in range(5000)])
    table["class"] = rng.choice(["tumour", "normal"], 100)
    path = tmp_path_factory.mktemp("wide") / "genes.csv"
    table.to_csv(path, index=False)
    return path


@pytest.mark.slow
async def test_five_thousand_columns_are_walked_through_at_ease(app: NntuiApp, until, pace, wide: Path) -> None:
    """A key takes the screen's thread at most 40 ms, as a redraw of a long run does."""
    async with app.run_test(size=(120, 40)) as pilot:
        screen, ended = await opened(pilot, until, wide)
        assert "100 rows × 5,001 columns" in shown(app)
        columns = screen.query_one(ColumnList)
        times: dict[str, list[float]] = {}
        for key in [*("down", "pagedown", "up", "end", "home") * 6, *("space", "down") * 6]:
            began = time.thread_time()  # what other threads do meanwhile is not its own
            await pilot.press(key)
            times.setdefault(key, []).append(time.thread_time() - began)
        middle = {key: statistics.median(each) for key, each in times.items()}
        assert max(middle.values()) < 0.040 * pace(), middle
        await settled(pilot, until, screen)
        assert "4,994 of 5,000 learned from" in shown(app)
        await pilot.press("slash")
        began = time.thread_time()
        await pilot.press(*"4321")
        assert (time.thread_time() - began) / 4 < 0.040 * pace()
        await pilot.press("enter", "t")
        assert columns.column.name == "gene_4321"
        await settled(pilot, until, screen)
        await pilot.press("enter")
        await until(pilot, lambda: bool(ended))
        assert ended[0] is not None
        assert ended[0].task == "regression"


async def test_n_goes_to_the_column_that_is_told(app: NntuiApp, until, passengers: Path) -> None:
    """From wherever the cursor is: the text names the next one below it."""
    async with app.run_test(size=(120, 40)) as pilot:
        screen, _ended = await opened(pilot, until, passengers)
        columns = screen.query_one(ColumnList)
        for _ in range(len(screen.table.survey.names)):
            if columns.column.name not in screen.table.survey.trouble:
                words = state(app)
                assert words.endswith("n goes there")
                here = columns.column.number
                await pilot.press("n")
                assert f"column '{columns.column.name}' " in words
                columns.choose(here)
                await pilot.pause()
            await pilot.press("down")


async def test_the_cursor_stays_where_it_is_when_all_columns_are_shown_again(
    app: NntuiApp, until, passengers: Path
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen, _ended = await opened(pilot, until, passengers)
        await pilot.press("slash", *"boar", "enter")
        assert screen.query_one(ColumnList).column.name == "boarded"
        await pilot.press("escape")
        await until(pilot, lambda: screen.query_one(ColumnList)._rows == screen.table.rows)
        assert screen.query_one(ColumnList).column.name == "boarded"


async def test_n_goes_through_the_columns_that_were_found(app: NntuiApp, until, passengers: Path) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen, ended = await opened(pilot, until, passengers)
        columns = screen.query_one(ColumnList)

        async def by(key: str) -> str:
            await pilot.press(key)
            await pilot.pause()
            return columns.column.name

        await pilot.press("slash", *"a", "enter")  # age, name, boarded, alone
        names = [row.name for row in screen.table.rows if "a" in row.name]
        assert names == ["age", "name", "boarded", "alone"]
        assert columns.column.name == "age"
        assert [await by("n") for _ in range(5)] == [*names[1:], *names[:2]]
        assert [await by("N") for _ in range(3)] == ["age", "alone", "boarded"]
        await by("n")
        assert "Esc n goes there" in " ".join(state(app).split())
        await pilot.press("escape")
        await until(pilot, lambda: "called like" not in shown(app))
        found = [await by("n") for _ in range(3)]
        assert set(found) <= set(screen.table.survey.trouble), "else those that are marked"
        await pilot.press("slash", *"sex", "enter", "enter")
        await until(pilot, lambda: columns.column.name in screen.table.survey.trouble)
        assert not ended


async def test_rows_need_room(app: NntuiApp, until, passengers: Path) -> None:
    async with app.run_test(size=(60, 18)) as pilot:
        screen, _ended = await opened(pilot, until, passengers)
        await pilot.press("v")
        await pilot.pause()
        assert not screen.query_one("#first-rows").display
        assert screen.query_one(ColumnList).size.height > 2


async def test_a_guess_is_made_anew_where_columns_are_called_otherwise(app: NntuiApp, until, tmp_path: Path) -> None:
    """What was chosen stays, and is told to be missing."""
    path = tmp_path / "t.csv"
    path.write_text("a,b,c\n" + "".join(f"{i % 5},{i % 7},{'pq'[i % 2]}\n" for i in range(30)))
    async with app.run_test(size=(80, 24)) as pilot:
        screen, _ended = await opened(pilot, until, path)
        assert screen.table.choices.target == "c"
        for words, target in (("no header", "column 3"), ("as found", "c")):
            await pilot.press("R")
            await until(pilot, lambda: isinstance(app.screen, Choose))
            await pilot.press(*words.split()[0], "enter")
            await until(pilot, lambda target=target: screen.table.choices.target == target)
        await to(pilot, until, "b")
        await pilot.press("t")
        await settled(pilot, until, screen)
        path.write_text(path.read_text().replace("a,b,c", "a,d,c"))
        await pilot.press("f5")
        await until(pilot, lambda: "b: there is no such column" in facts(app))


def whole(app: NntuiApp) -> str:
    """The screen as one text, whatever its lines are."""
    return " ".join(shown(app).split())


@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)])
async def test_messages_are_read_to_their_end(app: NntuiApp, until, tmp_path: Path, size) -> None:
    rows = "".join(f"{i},{['DE', 'US', 'NA'][i % 3]},{'ab'[i * i % 3 % 2]}\n" for i in range(90))
    path = tmp_path / "t.csv"
    path.write_text(f"x,country of the first sale,y\n{rows}")
    async with app.run_test(size=size) as pilot:
        screen, _ended = await opened(pilot, until, path)
        assert "takes mean or most frequent value" in whole(app)
        for _ in range(2):
            await pilot.press("u")
        await until(pilot, lambda: not screen.table.looking and "filled in" in facts(app))
        assert "which is taken for no value; U takes that as a category of its own" in whole(app)


async def test_how_it_is_read_is_told_to_its_end(app: NntuiApp, until, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a title\n\nx;y\n" + "".join(f"{i};{'ab'[i % 2]}\n" for i in range(30)))
    told = {"encoding": "cp1252", "separator": ";", "decimal": ",", "header": "yes", "skip": "1"}
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, until, path, **told)
        assert "a header (as you said), without 1 line (as you said)" in whole(app)
        await pilot.press("R")
        await until(pilot, lambda: "take back all that is chosen here" in shown(app))
        assert "chosen – between two cells" in shown(app)
        assert "as you said" not in "".join(line for line in shown(app).splitlines() if "▊" in line)
