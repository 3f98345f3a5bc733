"""A leaderboard → one HTML page that needs nothing beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report.board_picture import board_svg
from harness.report.board_table import BoardTable
from harness.report.html import filled, picture

if TYPE_CHECKING:
    from harness.records import Leaderboard


def leaderboard_page(found: Leaderboard) -> str:
    """Fill the page's template; every text is made visible and escaped."""
    boards = []
    for board in found.boards:
        drawn = board_svg(board)
        table = BoardTable(board=board)
        boards.append((board, table, picture(drawn) if drawn else None))
    return filled("leaderboard.html.j2", boards=boards, passed_over=found.passed_over)
