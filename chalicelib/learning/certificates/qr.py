"""A QR code on a page of paper, as one path of squares. Workers only."""

from typing import Any


def draw(canvas: Any, address: str, x: float, y: float, side: float) -> None:
    """In the present colour, upwards and to the right of a corner."""
    import segno

    rows = [bytes(row) for row in segno.make(address, error="m", micro=False).matrix]
    step = side / len(rows)
    path = canvas.beginPath()
    for down, row in enumerate(rows):
        for across, dark in enumerate(row):
            if dark:
                path.rect(x + across * step, y + side - (down + 1) * step, step, step)
    canvas.drawPath(path, stroke=0, fill=1)
