"""What the terminal shows while `make run` serves."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.console import Splitter, request_line, served


@pytest.fixture
def terminal() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def splitter(terminal: io.StringIO, tmp_path: Path) -> Iterator[Splitter]:
    made = Splitter(terminal, tmp_path / "local.log")
    yield made
    made.log.close()


def logged(tmp_path: Path) -> str:
    return (tmp_path / "local.log").read_text()


def test_log_lines_go_to_the_file_and_prints_stay(splitter: Splitter, terminal: io.StringIO, tmp_path: Path) -> None:
    line = json.dumps({"level": "INFO", "message": "served"})
    print(line, file=splitter)
    print("mine", file=splitter)
    assert terminal.getvalue() == "mine\n"
    assert logged(tmp_path) == line + "\n"


def test_an_error_in_the_log_is_also_shown_with_its_traceback(splitter: Splitter, terminal: io.StringIO) -> None:
    print(json.dumps({"level": "ERROR", "message": "broke", "stack_trace": "Traceback: here"}), file=splitter)
    assert terminal.getvalue() == "  ERROR: broke\nTraceback: here\n"


def test_a_prompt_without_a_line_end_is_shown_at_once(splitter: Splitter, terminal: io.StringIO) -> None:
    splitter.write("(Pdb) ")
    assert terminal.getvalue() == "(Pdb) "


def test_json_that_is_not_a_log_line_is_somebody_s_print(splitter: Splitter, terminal: io.StringIO) -> None:
    print('{"a": 1}', file=splitter)
    print("{not json", file=splitter)
    assert terminal.getvalue() == '{"a": 1}\n{not json\n'


def test_a_request_is_one_line_without_its_query() -> None:
    assert request_line("GET", "/verify?token=secret", 200, 0.0032) == "  200 GET    /verify  3.2 ms"
    assert "\x1b" not in request_line("GET", "/%1b[31m", 404, 0.1)


@pytest.mark.row("G48")
def test_a_request_that_found_the_clients_copy_good_is_in_the_log_alone(capsys: pytest.CaptureFixture[str]) -> None:
    served("GET", "/api/v1/summary/weekly", 200, 0.003)
    served("GET", "/api/v1/summary/weekly", 304, 0.002)
    assert capsys.readouterr().out == "  200 GET    /api/v1/summary/weekly  3.0 ms\n"


@pytest.mark.row("G48")
def test_what_a_clock_has_done_is_shown_and_logged(splitter: Splitter, terminal: io.StringIO, tmp_path: Path) -> None:
    extra = {"job": "remind_goals", "occurrence": "2026-11-20"}
    line = json.dumps({"level": "INFO", "logger": "app.jobs", "message": "done", "extra": extra})
    print(line, file=splitter)
    assert terminal.getvalue() == "  remind_goals 2026-11-20: done\n"
    assert logged(tmp_path) == line + "\n"
