"""Pictures as files: images of PIL and figures of matplotlib as PNG, those of plotly as a page of HTML.

Without times, versions and random names in them, so that the same picture is the same bytes.  None of the libraries is imported
here but by a step that has used it, or that wants an image of a file.
"""
from __future__ import annotations

from typing import Any, Callable, Dict, Optional, Tuple

from zpl._errors import StepError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


_ORIENTATION = 0x0112  # of EXIF: how it is to be turned, the one of its tags that says what is seen


def _save_image(image: Any, path: Path) -> None:
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise StepError("type", "an image of %d frames is no PNG, which has one: return the path of a file, or image.copy() for this frame" % frames)
    exif = image.getexif()
    for tag in [t for t in exif if t != _ORIENTATION]:
        del exif[tag]
    try:
        image.save(path, format="PNG", **({"exif": exif} if exif else {}))
    except (OSError, ValueError) as e:  # a mode that PNG has not, or no pixels
        path.unlink(missing_ok=True)
        if 0 in image.size:
            raise StepError("type", "an image of %d × %d pixels can't be a PNG: it has none" % image.size) from e
        raise StepError("type", "an image of mode %s can't be a PNG (%s): %s" % (image.mode, e, _otherwise(image.mode))) from e


def _otherwise(mode: str) -> str:
    if mode in ("I", "F"):
        return "numpy.asarray(image) is kept whole as a Tensor"
    return ".convert('%s') makes it one that can" % ("RGBA" if mode[-1] in "aA" else "RGB")


def _load_image(path: Path) -> Any:
    from PIL import Image

    image = Image.open(path)
    image.load()
    return image


def _save_matplotlib(figure: Any, path: Path) -> None:
    figure.savefig(path, format="png", metadata={"Software": None})


def _save_axes(axes: Any, path: Path) -> None:
    _save_matplotlib(axes.get_figure(), path)


def _save_plotly(figure: Any, path: Path) -> None:
    from plotly.io import json as settings

    engine, settings.config.default_engine = settings.config.default_engine, "json"  # whichever others are installed
    try:
        text = figure.to_html(include_plotlyjs=True, full_html=True, div_id="figure")
    finally:
        settings.config.default_engine = engine
    path.write_text(text, encoding="utf-8")


def _load_nothing(path: Path) -> Any:
    raise StepError("type", "a figure is kept as a picture, which none can be made of again: take the File by its path")


Way = Tuple[Callable[[Any, "Path"], None], Callable[["Path"], Any]]
_KNOWN: Dict[str, Way] = {
    "PIL.Image.Image": (_save_image, _load_image),
    "matplotlib.figure.Figure": (_save_matplotlib, _load_nothing),
    "matplotlib.axes._axes.Axes": (_save_axes, _load_nothing),
    "plotly.basedatatypes.BaseFigure": (_save_plotly, _load_nothing),
}


def way_of(cls: Any) -> Optional[Way]:
    """How values of a class are kept as a picture; None: they are none."""
    for base in getattr(cls, "__mro__", ()):
        if base.__module__.split(".")[0] in ("PIL", "matplotlib", "plotly"):
            found = _KNOWN.get("%s.%s" % (base.__module__, base.__qualname__))
            if found is not None:
                return found
    return None
