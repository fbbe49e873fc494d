"""What the tests of the pictures look for in a figure."""

from __future__ import annotations

from matplotlib.text import Text


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def artists(figure, gid):
    return figure.findobj(lambda artist: artist.get_gid() == gid)


def overlapping(figure):
    """Return the texts that leave the picture, and the pairs that cover one another."""
    renderer = figure.canvas.get_renderer()
    figure.draw(renderer)
    found = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    # Ticks outside an axis' limits exist, but are never drawn.
    every = [axes for parent in figure.axes for axes in (parent, *parent.child_axes)]
    drawn = [axis for axes in every for axis in (axes.xaxis, axes.yaxis)]
    ticks = [
        t for axis in drawn for tick in axis.get_major_ticks() for t in (tick.label1, tick.label2)
    ]
    shown = [
        t for axis in drawn for tick in axis._update_ticks() for t in (tick.label1, tick.label2)
    ]
    found = [text for text in found if text not in ticks or text in shown]
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in found]
    width, height = figure.canvas.get_width_height()
    outside = [name for name, box in boxes if min(box.p0) < 0 or box.x1 > width or box.y1 > height]
    pairs = [
        (name, other)
        for i, (name, box) in enumerate(boxes)
        for other, second in boxes[:i]
        if min(box.x1, second.x1) - max(box.x0, second.x0) > 1
        and min(box.y1, second.y1) - max(box.y0, second.y0) > 1
    ]
    return outside, pairs
